//! The crate as others use it, against opentelemetry-proto and against receivers that misbehave.

mod collector;
mod encode;
mod file;
mod grpc;
mod http;
mod records;
mod tls;
