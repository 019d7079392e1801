//! The `waform` binary.

use std::process::ExitCode;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    waform::meta::tls::init();
    waform::cli::run(std::env::args_os())
}
