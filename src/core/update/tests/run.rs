//! Runs on record: what was interrupted goes on, and one program at a time has an environment.

use super::*;

#[test]
fn an_interrupted_run_is_offered_and_nothing_happens_before_somebody_decides() {
    let mut world = World::running().killed();
    assert_eq!(screen(&world.model), Screen::Resume);
    assert!(world.changes.is_empty());
    world.want(Intent::Forget);
    assert_eq!(screen(&world.model), Screen::Environments);
    assert_eq!(fold(&world.recorded), None, "the first line is in the file, not here");
    assert!(matches!(world.recorded[..], [Entry { what: What::Finished { outcome: Outcome::Forgotten }, .. }]));
}

/// Whoever chose Later and pressed the button began a second run, and the first one was closed as replaced.
#[test]
fn what_was_put_off_is_asked_about_again_before_anything_else_begins_there() {
    for put_off in [Intent::Environments, Intent::OnlyLook] {
        let mut world = World::running().killed();
        let first = world.model.found[0].run.id.clone();
        world.want(put_off);
        world.want(Intent::OpenEnvironment(EnvironmentId("pp-1".into())));
        world.settle();
        assert_eq!(screen(&world.model), Screen::Details);
        world.want(Intent::DualWriteApplication);
        assert_eq!(screen(&world.model), Screen::Resume);
        // Put off once more it is not lost either.
        world.want(Intent::Environments);
        world.want(Intent::OpenEnvironment(EnvironmentId("pp-1".into())));
        world.want(Intent::DualWriteApplication);
        world.want(Intent::GoOn);
        world.settle_until(|world| matches!(world.flow(), Flow::Configuring(_)));
        assert!(world.recorded.iter().all(|entry| entry.run == first), "{:?}", world.recorded);
        assert!(world.model.found.is_empty() && world.model.put_off.is_empty());
    }
}

/// What another program has taken up meanwhile is that one's.
#[test]
fn what_was_put_off_and_is_driven_by_another_program_is_not_asked_about_any_more() {
    let mut world = World::running().killed();
    world.want(Intent::Environments);
    let (environment, held) = (EnvironmentId("pp-1".into()), Some(crate::core::setup::Held { by: None }));
    assert_eq!(world.model.put_off.len(), 1);
    world.tell(Msg::Holder { environment, held: held.clone() });
    assert!(world.model.put_off.is_empty());
    let mut world = World::running().killed();
    world.model.found[0].held = held;
    world.want(Intent::Environments);
    assert!(world.model.found.is_empty() && world.model.put_off.is_empty());
}

#[test]
fn an_intention_without_an_outcome_is_settled_by_reading_before_it_is_asked_again() {
    let mut world = World::running().killed();
    world.want(Intent::GoOn);
    world.settle_until(|world| matches!(world.flow(), Flow::Configuring(_)));
    let looks_before = world.now;
    world.settle();
    assert!(matches!(world.changes[..], [Change::Install { .. }]), "the service surely never got it");
    assert!(world.now >= later(looks_before, SETTLE_PAUSE * 2), "it was looked for twice, with a pause");
    // The same, and this time the service had got it.
    let mut world = World::running().killed();
    world.core_state = "Installing";
    world.want(Intent::GoOn);
    world.settle_until(|world| matches!(world.flow(), Flow::Configuring(run) if matches!(run.step, Step::Watch(_))));
    assert!(world.changes.is_empty());
}

#[test]
fn an_accepted_installation_that_the_list_does_not_show_yet_is_watched_by_its_operation() {
    let mut world = World::running();
    world.answer(Ok(Reply::InstallAccepted { operation: Some("op-1".into()), retry_after: None }));
    let mut world = world.killed();
    world.want(Intent::GoOn);
    world.settle_until(|world| matches!(world.open.front(), Some((_, _, Asked::Call(Call::Operation { .. })))));
    assert!(
        matches!(world.open.front(), Some((_, _, Asked::Call(Call::Operation { operation, .. }))) if **operation == *"op-1")
    );
    assert!(world.changes.is_empty());
}

#[test]
fn an_interrupted_link_goes_on_under_its_request_id_or_its_activity() {
    let request = |world: &World| match &world.changes[..] {
        [Change::StartLink { request_id, .. }] => request_id.clone(),
        other => panic!("{other:?}"),
    };
    let world = World::linking();
    let first = request(&world);
    let mut world = world.killed();
    world.want(Intent::GoOn);
    world.settle();
    assert_eq!(request(&world), first, "nobody knows whether it was sent: the same id again");

    let mut world = World::linking();
    world.answer(Ok(Reply::LinkAccepted("activity-1".into())));
    let mut world = world.killed();
    world.want(Intent::GoOn);
    world.settle_until(|world| matches!(world.open.front(), Some((_, _, Asked::Call(Call::LinkStatus { .. })))));
    assert!(world.changes.is_empty());
}

#[test]
fn what_was_interrupted_between_two_steps_ends_as_if_nothing_had_happened() {
    let mut world = World::running();
    world.core_state = "Installed";
    world.answer(Ok(Reply::InstallAccepted { operation: None, retry_after: None }));
    world.settle_until(|world| matches!(world.flow(), Flow::Configuring(run) if run.current > 1));
    let began = world.recorded[0].at;
    let mut world = world.killed();
    world.want(Intent::GoOn);
    world.settle();
    assert!(matches!(world.flow(), Flow::Configured), "{:?}", world.flow());
    assert!(world.changes.is_empty());
    let setup = &world.model.setups[&EnvironmentId("pp-1".into())];
    assert!(setup.accepted, "the terms were accepted before");
    let installed = crate::core::journal::Deed::Install { package: CORE_PACKAGE.into() };
    assert!(setup.written.contains(&installed), "it was written before: {:?}", setup.written);
    assert!(setup.configure_took.is_some_and(|took| took >= crate::core::time::between(began, world.now)));
}

#[test]
fn a_set_up_took_all_its_tries_and_the_record_agrees() {
    let mut world = World::running();
    let began = world.recorded[0].at;
    world.now = later(world.now, Duration::from_mins(3));
    world.answer(Err(Trouble::new(Service::PowerPlatform, Happened::Status(403), "no right")));
    assert!(matches!(world.flow(), Flow::ConfigureFailed(..)), "{:?}", world.flow());
    let first = crate::core::time::between(began, world.now);
    assert!(!first.is_zero());
    world.now = later(world.now, Duration::from_hours(8));
    let again = world.now;
    world.core_state = "Installed";
    world.want(Intent::TryAgain);
    // An interruption is part of it.
    let mut record = world.recorded.clone();
    let mut world = world.killed();
    world.want(Intent::GoOn);
    world.settle_until(|world| matches!(world.flow(), Flow::Configured));
    let setup = &world.model.setups[&EnvironmentId("pp-1".into())];
    let took = first + crate::core::time::between(again, world.now);
    assert_eq!((setup.configure_took, setup.tries_took), (Some(took), Duration::ZERO));
    record.append(&mut world.recorded);
    let run = fold(&record).unwrap();
    assert_eq!((run.configure_took, run.tries_took), (Some(took), Duration::ZERO));
}

#[test]
fn nothing_starts_while_another_program_has_the_environment_and_it_is_watched() {
    let mut world = World::opened();
    let by = crate::core::journal::Program { host: "tower".into(), process: 42, version: "0".into() };
    let held = crate::core::setup::Held { by: Some(by) };
    world.claimed = Err(NotClaimed::Held(held));
    for intent in
        [Intent::DualWriteApplication, Intent::TermsSeenToEnd, Intent::TickTerms, Intent::Configure, Intent::Ok]
    {
        world.want(intent);
    }
    assert!(world.changes.is_empty() && world.recorded.is_empty());
    assert!(world.model.notice.clone().is_some_and(|text| text.contains("process 42 on tower")));
    assert!(matches!(world.flow(), Flow::Details { .. }));
    let reads = |world: &World| world.open.iter().filter(|(_, after, _)| !after.is_zero()).count();
    world.settle_until(|world| world.open.iter().all(|(_, after, _)| !after.is_zero()));
    assert_eq!(reads(&world), 2, "the packages and the link are read again by themselves");
    world.want(Intent::DualWriteApplication);
    assert!(world.model.notice.clone().is_some_and(|text| text.contains("only watches")), "{:?}", world.model.notice);
    assert!(matches!(world.flow(), Flow::Details { .. }), "nobody reads terms to no use");
    world.claimed = Ok(());
    let environment = world.model.selected().cloned().unwrap();
    world.tell(Msg::Holder { environment, held: None });
    world.settle();
    for intent in
        [Intent::DualWriteApplication, Intent::TermsSeenToEnd, Intent::TickTerms, Intent::Configure, Intent::Ok]
    {
        world.want(intent);
    }
    assert!(matches!(world.flow(), Flow::Configuring(_)), "{:?} {:?}", world.flow(), world.model.notice);
}

#[test]
fn nothing_starts_without_a_record() {
    let mut world = World::opened();
    world.claimed = Err(NotClaimed::Failed("/state (read-only)".into()));
    for intent in
        [Intent::DualWriteApplication, Intent::TermsSeenToEnd, Intent::TickTerms, Intent::Configure, Intent::Ok]
    {
        world.want(intent);
    }
    assert!(matches!(world.flow(), Flow::Confirm));
    assert!(world.changes.is_empty());
    let notice = world.model.notice.unwrap();
    assert!(notice.contains("Nothing was started") && notice.contains("/state (read-only)"), "{notice}");
}

#[test]
fn a_clock_that_was_moved_back_before_the_restart_changes_nothing() {
    let mut world = World::running();
    world.answer(Ok(Reply::InstallAccepted { operation: Some("op-1".into()), retry_after: None }));
    world.core_state = "Installing";
    let mut world = world.killed();
    world.now = world.now.checked_sub(jiff::SignedDuration::from_hours(1)).unwrap();
    world.want(Intent::GoOn);
    world.settle_until(|world| matches!(world.open.front(), Some((_, _, Asked::Call(Call::Operation { .. })))));
    assert!(world.changes.is_empty());
}

#[test]
fn a_change_without_an_answer_is_settled_in_the_record_by_the_next_reading() {
    let mut world = World::running();
    world.answer(Err(passing(Service::PowerPlatform, Done::Perhaps)));
    world.core_state = "Installing";
    world.settle_until(|world| matches!(world.step(), Step::Watch(_)));
    let run = fold(&world.recorded).unwrap();
    let change = run.changes.last().unwrap();
    assert_eq!(change.result, Some(crate::core::journal::ChangeResult::Accepted), "{change:?}");
    assert_eq!(change.words, "result found by reading");
}

#[test]
fn what_leaving_means_is_said_of_this_moment() {
    let mut world = World::running();
    world.answer(Ok(Reply::InstallAccepted { operation: Some("op-1".into()), retry_after: None }));
    let (_, setup) = world.model.current().unwrap();
    assert!(setup.once_left(false).contains("the installation continues"), "{}", setup.once_left(false));
    assert_eq!(setup.once_left(true), "this rehearsal ends here", "its services end with the program");
    // Come back, and left again before anything was read: nobody may say that nothing runs.
    world.core_state = "Installing";
    let mut world = world.killed();
    world.want(Intent::GoOn);
    let said = |world: &World| world.model.current().unwrap().1.once_left(false);
    assert!(said(&world).contains("may continue"), "{}", said(&world));
    world.settle_until(|world| matches!(world.flow(), Flow::Configuring(_)));
    assert!(!said(&world).contains("nothing runs"), "{}", said(&world));
    let world = World::opened();
    assert_eq!(said(&world), "nothing was started");
}

#[test]
fn a_record_grows_with_what_happens_and_not_with_time() {
    let mut world = World::running();
    world.answer(Ok(Reply::InstallAccepted { operation: Some("op".into()), retry_after: None }));
    let mut said = |status: &str, times: usize| {
        for _ in 0..times {
            world
                .answer(Ok(Reply::Operation { operation: Some(from(json!({ "status": status }))), retry_after: None }));
        }
        let readings = world.recorded.iter().filter(|entry| matches!(entry.what, What::Reading { .. }));
        readings.count()
    };
    assert_eq!([said("Running", 1), said("Running", 500), said("Paused", 1), said("Running", 2)], [1, 1, 2, 3]);
}

#[test]
fn read_now_asks_again_for_a_list_that_could_not_be_read() {
    let mut world = World::opened();
    let asks = |world: &World| world.open.iter().any(|(_, _, asked)| matches!(asked, Asked::Call(Call::Environments)));
    world.want(Intent::ReadNow);
    assert!(!asks(&world), "what is known is not asked for");
    world.settle();
    world.model.directory.trouble = Some(passing(Service::Bap, Done::No));
    world.want(Intent::ReadNow);
    assert!(asks(&world));
}
