//! What every screen is drawn with: the look, the keys, clean text, rows, links, small pictures.
//!
//! Owns how things look and how text becomes cells. It never decides what is shown or what a key
//! does, never asks a clock. Called by `screens`, and by `surface` for what is printed and exported.

pub mod keys;
pub mod letters;
pub mod link;
pub mod look;
pub mod markdown;
pub mod paint;
pub mod report;
pub mod row;
pub mod support;
pub mod text;
