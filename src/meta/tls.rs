//! TLS for the whole process: one cryptography provider, chosen once.

/// Chooses ring as the process's TLS provider. Safe to call any number of times; whoever came first wins.
///
/// reqwest is built without a provider of its own and panics on its first client where none was chosen.
pub fn init() {
    // The only way to fail is that a provider stands already, and any provider will do.
    drop(rustls::crypto::ring::default_provider().install_default());
}
