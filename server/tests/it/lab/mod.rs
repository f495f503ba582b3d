//! The lab beside the three parties, in this process.

mod absence;
mod forgery;
mod pages;
mod reports;
mod runs;
mod switches;
mod world;
