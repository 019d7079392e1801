//! Integration tests: one binary, one module an area.

mod campaign;
mod cli;
mod configs;
mod convergence;
mod crash;
mod kit;
mod openapi;
mod sandbox;
mod scale;
mod serve;
