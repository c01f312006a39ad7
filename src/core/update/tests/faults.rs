//! Faults of the services in the middle of a change: how often it is asked again, whose answer it was, and what is
//! said at the end.

use super::*;

/// A service that answers with a status and a sentence.
fn status(service: Service, status: u16, words: &str) -> Trouble {
    Trouble::new(service, Happened::Status(status), words)
}

#[test]
fn an_environment_that_stays_busy_is_not_asked_every_two_seconds() {
    let mut world = World::running();
    let begin = world.now;
    for time in 1..=20 {
        world.answer(Err(status(Service::PowerPlatform, 409, "another operation is in progress")));
        world.settle();
        assert!(world.now >= later(begin, BUSY_PAUSE * time), "asked for {} times", time + 1);
    }
    assert!(matches!(world.step(), Step::Install { tries: 0 }), "and waiting is no try");
    // A longer pause that the service asks for is kept.
    let long = BUSY_PAUSE * 3;
    let mut busy = status(Service::PowerPlatform, 409, "");
    busy.retry_after = Some(long);
    world.answer(Err(busy));
    assert_eq!(world.open.front().unwrap().1, long);
}
