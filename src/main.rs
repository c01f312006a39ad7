//! Parse, choose a surface, turn an outcome into an exit code.

fn main() {}
