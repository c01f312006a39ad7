//! The pure core: what a dual-write set-up is and what comes next.
//!
//! Owns the [`model::Model`] and the one function that changes it, [`update::update`]. The wizard,
//! a headless run and the tests are three ways to drive it.
//!
//! It never touches a terminal, a network, a file, the clock or chance: time and seeds come in as
//! arguments, what should happen in the world goes out as [`effect::Effect`]s.

pub mod aadsts;
pub mod access;
pub mod call;
pub mod check;
pub mod configuring;
pub mod directory;
pub mod effect;
pub mod environment;
pub mod exchange;
pub mod facts;
pub mod failure;
pub mod fault;
pub mod first_run;
pub mod gate;
pub mod gateways;
pub mod geography;
pub mod journal;
pub mod linking;
pub mod mandate;
pub mod model;
pub mod msg;
pub mod national;
pub mod pilot;
pub mod plan;
pub mod profile;
pub mod remedy;
pub mod reset;
pub mod route;
pub mod schedule;
pub mod service;
pub mod setup;
pub mod setups;
pub mod sign_in;
pub mod silence;
pub mod standing;
pub mod terms;
pub mod time;
pub mod trouble;
pub mod unseen;
pub mod update;
