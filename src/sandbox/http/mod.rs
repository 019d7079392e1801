//! HTTP: connections, what a call asks for, who answers it, the request log.

mod call;
mod dispatch;
mod log;
mod multipart;
mod reply;
mod server;

pub(crate) use call::Call;
pub(crate) use log::masked;
pub(crate) use reply::Reply;
pub(crate) use server::serve;
