//! Integration tests: one binary, one module an area.

mod campaign;
mod cancel;
mod cli;
mod configs;
mod convergence;
mod crash;
mod drift;
mod journal;
mod kit;
mod openapi;
mod recipes;
mod sandbox;
mod scale;
mod serve;
mod state;
