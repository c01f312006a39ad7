//! Dry runs: both sides are read, and what would be changed is said. Nothing is.

use super::super::{code, events};
use super::Headless;
use crate::core::gate::{self, Gate};
use crate::core::linking::Way;
use crate::core::msg::{Intent, Msg};
use crate::core::pilot::{Next, Pilot, Until, reset_closed};
use crate::core::plan::{packages, plan};
use crate::core::reset;

impl Headless<'_> {
    /// A dry run: reads, and says what would be done.
    pub(super) fn look_one(&mut self, at: usize) {
        let flight = &self.flights[at];
        let Some(setup) = self.setup(&flight.pilot.id).filter(|_| flight.ended().is_none()) else { return };
        if !setup.is_read() {
            return;
        }
        let mut willing = Pilot::new(flight.pilot.id.clone(), flight.pilot.orders.clone());
        willing.orders.yes = true;
        willing.orders.accepted = Some(crate::core::terms::version().into());
        let next = willing.next(&self.seat.model);
        let now = self.seat.clock.now();
        match next {
            Next::End(end) => self.end(at, &end),
            Next::Wait => {}
            Next::Want(Intent::ChooseModules(modules)) => {
                let id = self.flights[at].pilot.id.clone();
                self.seat.tell(Msg::Intent(Intent::OpenEnvironment(id)));
                self.seat.tell(Msg::Intent(Intent::ChooseModules(modules)));
                self.look_one(at);
            }
            Next::Want(Intent::Mismatch) => self.look_reset(at),
            Next::Want(Intent::Link) if setup.facts.linked().is_some() => {
                self.finish(at, code::DONE, "linked", "nothing would be changed");
            }
            Next::Want(wanted) => {
                let links = match (flight.pilot.orders.until, self.seat.model.cloud.has_link) {
                    (Until::Configured, _) => None,
                    (Until::Linked, true) => Some(Way::Direct),
                    (Until::Linked, false) => Some(Way::Assisted),
                };
                let Some(environment) = self.seat.model.directory.get(&flight.pilot.id) else { return };
                let mandate = setup.mandate();
                let (changes, links) = match wanted {
                    Intent::Link => (Vec::new(), links),
                    Intent::InstallModules(_) => (packages(&setup.facts, &mandate), None),
                    _ => (plan(environment, &setup.facts, &mandate), links),
                };
                let event = events::plan(&flight.subject, &changes, links, now);
                self.teller.say(&event);
                self.finish(at, code::DONE, "dry_run", "nothing was changed");
            }
        }
    }

    /// A dry run of Reset link: what would go, or why it is closed.
    pub(super) fn look_reset(&mut self, at: usize) {
        let flight = &self.flights[at];
        let directory = &self.seat.model.directory;
        let (Some(environment), Some(setup)) = (directory.get(&flight.pilot.id), self.setup(&flight.pilot.id)) else {
            return;
        };
        if let Gate::Closed(why) = gate::reset_link(environment, &setup.facts) {
            let end = reset_closed(environment, &setup.facts, &why);
            self.end(at, &end);
            return;
        }
        let name = |id: &str| directory.name_of(id).unwrap_or(id).to_owned();
        let changes = reset::plan(environment, &setup.facts, name);
        let now = self.seat.clock.now();
        for text in reset::not_known(environment, &setup.facts) {
            self.teller.say(&events::remark(&flight.subject, text, now));
        }
        let event = events::plan(&flight.subject, &changes, Some(Way::Reset), now);
        self.teller.say(&event);
        self.finish(at, code::DONE, "dry_run", "nothing was changed");
    }
}
