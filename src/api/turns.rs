//! Turns at the services: how many questions are open at once, at one host and at one service.
//!
//! Each environment has a Dataverse and a finance and operations host of its own. A host that does not
//! answer holds its own turns and no others; what all environments share (the Power Platform, the gateway) is
//! shared in turn between them. All hosts of one service together have as many turns as there are connections for
//! them ([`super::Connections`]). Within one host and one environment whoever comes first goes first. A turn
//! lasts as long as its [`Turn`]; of a host where nothing is open and nobody waits nothing is kept.

use crate::core::service::Service;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Questions to one host at the same time, as browsers have it.
const AT_ONCE: usize = 6;
/// Questions to one Dataverse at the same time. It allows 52 (service protection limits of its Web API); the
/// prerequisites of one environment ask some ten.
const AT_ONCE_DATAVERSE: usize = 16;
fn at_once(service: Service) -> usize {
    if service == Service::Dataverse { AT_ONCE_DATAVERSE } else { AT_ONCE }
}

/// Whose turn it is to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// The host, where each environment has its own; empty where all share one.
    pub(super) host: &'a str,
    /// The environment, in any form in which its questions name it; empty where they name none.
    pub(super) of: &'a str,
}

/// Who waits for a turn at one host.
#[derive(Default)]
struct Host {
    open: usize,
    /// Those who wait, by environment.
    waiting: HashMap<Arc<str>, VecDeque<oneshot::Sender<Turn>>>,
    /// The environments of which somebody waits, in the order of their turns.
    order: VecDeque<Arc<str>>,
    /// In [`Hosts::ready`].
    is_ready: bool,
}

impl Host {
    /// Takes whoever waits next, if somebody still does.
    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        while let Some(of) = self.order.pop_front() {
            let Some(own) = self.waiting.get_mut(&of) else { continue };
            while own.front().is_some_and(oneshot::Sender::is_closed) {
                own.pop_front();
            }
            let next = own.pop_front();
            if own.is_empty() {
                self.waiting.remove(&of);
            } else {
                self.order.push_back(of);
            }
            if next.is_some() {
                return next;
            }
        }
        None
    }
}

/// The hosts of one service at which something is open or awaited.
#[derive(Default)]
struct Hosts {
    open: usize,
    all: HashMap<Arc<str>, Host>,
    /// Hosts that have a turn to give and somebody who waits, in the order in which they give it.
    ready: VecDeque<Arc<str>>,
}

/// What turns share.
struct All {
    /// Questions to all hosts of one service at the same time.
    of_service: usize,
    services: [Mutex<Hosts>; Service::ALL.len()],
}

type Shared = Arc<All>;

/// The turns of all services.
pub(super) struct Turns(Shared);

/// A turn; it ends when this is dropped.
pub(super) struct Turn {
    all: Shared,
    service: Service,
    host: Arc<str>,
}

fn lock(all: &Shared, service: Service) -> MutexGuard<'_, Hosts> {
    let place = Service::ALL.iter().position(|one| *one == service).unwrap_or(0);
    all.services[place].lock().unwrap_or_else(PoisonError::into_inner)
}

impl Turns {
    /// Turns with so many questions to all hosts of one service at the same time.
    pub(super) fn new(of_service: usize) -> Self {
        Self(Arc::new(All { of_service, services: std::array::from_fn(|_| Mutex::default()) }))
    }

    /// Waits for a turn; it lasts as long as what is returned.
    pub(super) async fn turn(&self, service: Service, place: Place<'_>) -> Option<Turn> {
        let waiting = {
            let mut hosts = lock(&self.0, service);
            let name: Arc<str> = match hosts.all.get_key_value(place.host) {
                Some((name, _)) => Arc::clone(name),
                None => place.host.into(),
            };
            let has_room = hosts.open < self.0.of_service;
            let host = hosts.all.entry(Arc::clone(&name)).or_default();
            let has_turn = host.open < at_once(service);
            if has_room && has_turn && host.order.is_empty() {
                host.open += 1;
                hosts.open += 1;
                return Some(Turn { all: Arc::clone(&self.0), service, host: name });
            }
            let (turn, waiting) = oneshot::channel();
            if let Some(own) = host.waiting.get_mut(place.of) {
                own.push_back(turn);
            } else {
                let of: Arc<str> = place.of.into();
                host.order.push_back(Arc::clone(&of));
                host.waiting.insert(of, VecDeque::from([turn]));
            }
            if has_turn && !std::mem::replace(&mut host.is_ready, true) {
                hosts.ready.push_back(name);
            }
            waiting
        };
        // `None` only where whoever gives the turns is gone, and they live as long as the client.
        waiting.await.ok()
    }
}

impl Hosts {
    /// Gives the turns that there are; each goes to the next host. What comes back nobody wants any more: it is
    /// to be dropped once these hosts are no longer locked.
    fn give(&mut self, all: &Shared, service: Service) -> Vec<Turn> {
        let mut unwanted = Vec::new();
        while self.open < all.of_service {
            let Some(name) = self.ready.pop_front() else { break };
            let Some(host) = self.all.get_mut(&name) else { continue };
            host.is_ready = false;
            if let Some(waiting) = host.next() {
                host.open += 1;
                self.open += 1;
                let turn = Turn { all: Arc::clone(all), service, host: Arc::clone(&name) };
                unwanted.extend(waiting.send(turn).err());
            }
            if host.open < at_once(service) && !host.order.is_empty() {
                host.is_ready = true;
                self.ready.push_back(name);
            } else if host.open == 0 && host.order.is_empty() {
                self.all.remove(&name);
            }
        }
        unwanted
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut hosts = lock(&self.all, self.service);
        hosts.open -= 1;
        if let Some(host) = hosts.all.get_mut(&self.host) {
            host.open -= 1;
            if host.order.is_empty() {
                if host.open == 0 {
                    hosts.all.remove(&self.host);
                }
            } else if !std::mem::replace(&mut host.is_ready, true) {
                hosts.ready.push_back(Arc::clone(&self.host));
            }
        }
        let unwanted = hosts.give(&self.all, self.service);
        drop(hosts);
        drop(unwanted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    type Asked<'a> = Pin<Box<dyn Future<Output = Option<Turn>> + 'a>>;

    /// Some forty hosts that do not answer leave the others their turns.
    const OF_SERVICE: usize = 256;

    const FINOPS: Service = Service::FinanceOperations;

    fn at<'a>(host: &'a str, of: &'a str) -> Place<'a> {
        Place { host, of }
    }

    /// Whether its turn has come.
    fn has_turn(asked: &mut Asked) -> Option<Turn> {
        match asked.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(turn) => turn,
            Poll::Pending => None,
        }
    }

    /// Asks for a turn at once; none where it has to wait, and then it waits no more.
    fn now(turns: &Turns, service: Service, place: Place<'_>) -> Option<Turn> {
        has_turn(&mut (Box::pin(turns.turn(service, place)) as Asked))
    }

    fn kept(turns: &Turns, service: Service) -> usize {
        lock(&turns.0, service).all.len()
    }

    #[test]
    fn a_host_that_does_not_answer_holds_up_no_other() {
        let turns = Turns::new(OF_SERVICE);
        let silent: Vec<Turn> = (0..AT_ONCE).filter_map(|_| now(&turns, FINOPS, at("silent", "a"))).collect();
        assert_eq!(silent.len(), AT_ONCE);
        let mut more: Vec<Asked> = (0..500).map(|_| Box::pin(turns.turn(FINOPS, at("silent", "a"))) as Asked).collect();
        assert!(more.iter_mut().all(|asked| has_turn(asked).is_none()));
        let others: Vec<Turn> = (0..AT_ONCE).filter_map(|_| now(&turns, FINOPS, at("other", "b"))).collect();
        assert_eq!(others.len(), AT_ONCE, "as many as if nobody else were there");
        assert!(now(&turns, Service::Dataverse, at("silent", "a")).is_some(), "no other service is held up");
    }

    #[test]
    fn within_a_host_whoever_comes_first_goes_first() {
        let turns = Turns::new(OF_SERVICE);
        let mut held: Vec<Turn> = (0..AT_ONCE).filter_map(|_| now(&turns, FINOPS, at("h", "a"))).collect();
        let mut asked: Vec<Asked> = (0..3).map(|_| Box::pin(turns.turn(FINOPS, at("h", "a"))) as Asked).collect();
        for one in &mut asked {
            assert!(has_turn(one).is_none());
        }
        for first in 0..asked.len() {
            held.pop();
            let got: Vec<bool> =
                asked[first..].iter_mut().map(|one| has_turn(one).map(|turn| held.push(turn)).is_some()).collect();
            assert!(got[0] && got[1..].iter().all(|got| !got), "{first}: {got:?}");
        }
    }

    #[test]
    fn what_all_share_is_shared_in_turn_between_environments() {
        let turns = Turns::new(OF_SERVICE);
        let service = Service::PowerPlatform;
        let mut held: Vec<Turn> = (0..AT_ONCE).filter_map(|_| now(&turns, service, at("", "many"))).collect();
        let mut many: Vec<Asked> = (0..100).map(|_| Box::pin(turns.turn(service, at("", "many"))) as Asked).collect();
        assert!(many.iter_mut().all(|asked| has_turn(asked).is_none()));
        let mut one: Asked = Box::pin(turns.turn(service, at("", "one")));
        assert!(has_turn(&mut one).is_none());
        held.truncate(AT_ONCE - 2);
        let (one, many) = (has_turn(&mut one), many.iter_mut().filter_map(has_turn).collect::<Vec<Turn>>());
        assert!(one.is_some() && many.len() == 1, "one each, not after a hundred of another environment");
    }

    #[test]
    fn a_service_has_a_bound_and_its_turns_go_round_the_hosts() {
        let turns = Turns::new(OF_SERVICE);
        let names: Vec<String> = (0..OF_SERVICE).map(|number| format!("host-{number}")).collect();
        let mut held: Vec<Turn> = names.iter().filter_map(|name| now(&turns, FINOPS, at(name, ""))).collect();
        assert_eq!(held.len(), OF_SERVICE);
        let mut first: Vec<Asked> = (0..4).map(|_| Box::pin(turns.turn(FINOPS, at("x", ""))) as Asked).collect();
        assert!(first.iter_mut().all(|asked| has_turn(asked).is_none()));
        let mut second: Asked = Box::pin(turns.turn(FINOPS, at("y", "")));
        assert!(has_turn(&mut second).is_none());
        held.truncate(OF_SERVICE - 2);
        let got: Vec<Turn> = first.iter_mut().filter_map(has_turn).collect();
        assert!(got.len() == 1 && has_turn(&mut second).is_some(), "one each");
    }

    #[test]
    fn who_waits_no_more_takes_no_turn_and_what_is_idle_is_not_kept() {
        let turns = Turns::new(OF_SERVICE);
        let held: Vec<Turn> = (0..AT_ONCE).filter_map(|_| now(&turns, FINOPS, at("h", ""))).collect();
        let mut gone: Asked = Box::pin(turns.turn(FINOPS, at("h", "")));
        let mut given: Asked = Box::pin(turns.turn(FINOPS, at("h", "")));
        let mut stays: Asked = Box::pin(turns.turn(FINOPS, at("h", "")));
        assert!([&mut gone, &mut given, &mut stays].into_iter().all(|asked| has_turn(asked).is_none()));
        drop(gone);
        let mut held = held.into_iter();
        drop(held.next());
        // Its turn has come, and it never looks.
        drop(given);
        assert!(has_turn(&mut stays).is_some());
        assert_eq!(kept(&turns, FINOPS), 1);
        drop(held);
        assert_eq!((kept(&turns, FINOPS), lock(&turns.0, FINOPS).open), (0, 0));
    }
}
