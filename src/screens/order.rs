//! Which environments of the list are shown, in their order. Works with ten thousand.
//!
//! Owns the order that was worked out last, and what lets a key of the filter cost little: the texts of all
//! environments in one piece, in small letters. The order is worked out anew only when something it follows
//! from has changed, before a picture, never for it. Says nothing of which environment is selected.

use super::eye::Sort;
use super::list::rank;
use crate::core::model::Model;
use crate::core::standing::standing;
use memchr::memmem::Finder;

/// Between the texts of an environment: no filter holds it, because what is typed and pasted is one line.
const BETWEEN: char = '\n';

/// Rank of what nobody has asked about: behind all others.
const UNREAD: u8 = u8::MAX;

/// What an order follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Grounds {
    /// State of the list of environments.
    directory: u64,
    /// State of the set-ups, where the order follows from them.
    setups: u64,
    /// The filter, in small letters.
    wanted: String,
    sort: Sort,
}

impl Grounds {
    fn of(model: &Model, filter: &str, sort: Sort) -> Self {
        let setups = if sort == Sort::Stage { model.setups.revision() } else { 0 };
        Self { directory: model.directory.revision, setups, wanted: filter.trim().to_lowercase(), sort }
    }
}

/// The order that was worked out last.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    grounds: Option<Grounds>,
    places: Vec<usize>,
    texts: Texts,
    ranks: Ranks,
}

impl Order {
    /// Works the order out anew if something it follows from has changed.
    pub(super) fn refresh(&mut self, model: &Model, filter: &str, sort: Sort) {
        let grounds = Grounds::of(model, filter, sort);
        if self.grounds.as_ref() == Some(&grounds) {
            return;
        }
        let have_moved = sort == Sort::Stage && self.ranks.refresh(model);
        let is_same_but = |last: &Grounds| Grounds { setups: grounds.setups, ..last.clone() } == grounds;
        if !have_moved && self.grounds.as_ref().is_some_and(is_same_but) {
            self.grounds = Some(grounds);
            return;
        }
        if grounds.wanted.is_empty() {
            self.places = (0..model.directory.environments.len()).collect();
        } else {
            self.texts.refresh(model);
            self.places = self.texts.places_of(&grounds.wanted);
        }
        match sort {
            Sort::Service => {}
            Sort::Name => {
                let all = &model.directory.environments;
                self.places.sort_by_cached_key(|at| all[*at].name.to_lowercase());
            }
            Sort::Stage => self.places.sort_by_key(|at| self.ranks.of(*at)),
        }
        self.grounds = Some(grounds);
    }

    /// The places of the environments that are shown, as they were at the last [`Order::refresh`].
    pub(super) fn places(&self) -> &[usize] {
        &self.places
    }

    /// Those of them that nobody has asked about yet, where the order follows from that: they stand last.
    pub(super) fn unread(&self) -> &[usize] {
        if self.grounds.as_ref().is_none_or(|grounds| grounds.sort != Sort::Stage) {
            return &[];
        }
        &self.places[self.places.partition_point(|at| self.ranks.of(*at) < UNREAD)..]
    }

    /// Whether it still is the order of this list.
    pub(super) fn is_fresh(&self, model: &Model, filter: &str, sort: Sort) -> bool {
        self.grounds.as_ref() == Some(&Grounds::of(model, filter, sort))
    }
}

/// How far each environment is, as a place in an order.
#[derive(Clone, Debug, Default)]
struct Ranks {
    /// State of the list they are of.
    directory: Option<u64>,
    /// By place: how often the set-up had been worked on, and its rank then.
    all: Vec<(u64, u8)>,
}

impl Ranks {
    /// Asks anew how far those are that were worked on. Most environments have no set-up, so the set-ups are gone
    /// through and not the list. Whether a rank has changed.
    fn refresh(&mut self, model: &Model) -> bool {
        let environments = &model.directory.environments;
        let now = Some(model.directory.revision);
        let is_new = self.directory != now;
        if is_new {
            self.directory = now;
            self.all = vec![(0, UNREAD); environments.len()];
        }
        let mut have_moved = is_new;
        for setup in model.setups.values() {
            let Some(at) = model.directory.place(&setup.id).filter(|at| self.all[*at].0 != setup.worked) else {
                continue;
            };
            let last =
                std::mem::replace(&mut self.all[at], (setup.worked, rank(standing(&environments[at], Some(setup)))));
            have_moved |= last.1 != self.all[at].1;
        }
        have_moved
    }

    fn of(&self, place: usize) -> u8 {
        self.all.get(place).map_or(UNREAD, |(_, rank)| *rank)
    }
}

/// What a filter looks at: the texts of all environments, one after the other.
#[derive(Clone, Debug, Default)]
struct Texts {
    /// State of the list they are of.
    directory: Option<u64>,
    all: String,
    /// Where the texts of each environment end.
    ends: Vec<Ends>,
}

/// Where what there is of one environment ends.
#[derive(Clone, Copy, Debug)]
struct Ends {
    /// What people call it and see of it: found wherever it holds what is wanted.
    words: usize,
    /// Its ids, too: found by their beginning. Their middle holds any few letters, and nobody sees why.
    all: usize,
}

impl Texts {
    fn refresh(&mut self, model: &Model) {
        let now = Some(model.directory.revision);
        if self.directory == now {
            return;
        }
        self.directory = now;
        self.all.clear();
        self.ends.clear();
        for environment in &model.directory.environments {
            let dataverse = environment.dataverse.as_ref().map(|side| side.url.as_str());
            self.put([Some(&*environment.name), Some(environment.kind().word()), environment.finops_url(), dataverse]);
            let words = self.all.len();
            self.put([Some(&*environment.id.0), environment.lcs_id()]);
            self.ends.push(Ends { words, all: self.all.len() });
        }
    }

    fn put<const N: usize>(&mut self, texts: [Option<&str>; N]) {
        for text in texts.into_iter().flatten() {
            if text.is_ascii() {
                let from = self.all.len();
                self.all.push_str(text);
                self.all[from..].make_ascii_lowercase();
            } else {
                self.all.push_str(&text.to_lowercase());
            }
            self.all.push(BETWEEN);
        }
    }

    /// Places of the environments of which a text holds what is wanted.
    fn places_of(&self, wanted: &str) -> Vec<usize> {
        let finder = Finder::new(wanted);
        let (mut places, mut place, mut from) = (Vec::new(), 0, 0);
        let bytes = self.all.as_bytes();
        while let Some(at) = bytes.get(from..).and_then(|rest| finder.find(rest)).map(|found| from + found) {
            // The next environment whose texts end behind what was found.
            place += self.ends[place..].iter().take_while(|ends| ends.all <= at).count();
            let Ends { words, all } = self.ends[place];
            // Before the ids there is at least the end of the name.
            if at >= words && bytes[at - 1] != BETWEEN as u8 {
                from = at + 1;
                continue;
            }
            places.push(place);
            from = all;
            place += 1;
        }
        places
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::core::directory::sent::tenant;
    use crate::core::model::Cloud;
    use crate::core::time::Now;
    use proptest::prelude::*;
    use serde_json::json;

    pub(in super::super) fn model(names: &[String]) -> Model {
        let cloud = Cloud {
            name: "test".into(),
            portal: String::new(),
            lcs_project: None,
            has_client: false,
            has_lcs: false,
            has_gateway: false,
            has_graph: false,
            has_link: false,
            command: "dualwrite".into(),
            speed: None,
            address: String::new(),
            ends_with_program: false,
        };
        let mut model = Model::new(cloud, 1, None);
        let row = |(at, name): (usize, &String)| {
            json!({"name": format!("id-{at}"), "properties": {"displayName": name,
                "linkedEnvironmentMetadata": {"instanceUrl": format!("https://Host-{at}.crm4.dynamics.com/")}}})
        };
        model.directory.take_tenant(tenant(names.iter().enumerate().map(row).collect()), Now::UNIX_EPOCH);
        model
    }

    fn places(model: &Model, filter: &str) -> Vec<usize> {
        let mut order = Order::default();
        order.refresh(model, filter, Sort::Service);
        order.places().to_vec()
    }

    #[test]
    fn a_filter_looks_into_each_text_and_never_across_two() {
        let model = model(&["Contoso".into(), "ÄRGER".into(), "contoso-2".into()]);
        assert_eq!(places(&model, " CONTOSO "), [0, 2]);
        assert_eq!(places(&model, "ärger"), [1]);
        assert_eq!(places(&model, "host-1."), [1]);
        assert_eq!(places(&model, "sohost"), [0; 0]);
        assert_eq!(places(&model, "id-1"), [1]);
        assert_eq!(places(&model, "d-1"), [0; 0], "no middle of an id");
        assert_eq!(places(&model, ""), [0, 1, 2]);
    }

    #[test]
    fn a_list_that_was_read_again_is_ordered_anew() {
        let mut order = Order::default();
        let mut model = model(&["a".into()]);
        order.refresh(&model, "a", Sort::Name);
        assert!(order.is_fresh(&model, "a", Sort::Name) && !order.is_fresh(&model, "b", Sort::Name));
        model.directory.take_tenant(Vec::new(), Now::UNIX_EPOCH);
        assert!(!order.is_fresh(&model, "a", Sort::Name));
        order.refresh(&model, "a", Sort::Name);
        assert_eq!(order.places(), [0; 0]);
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_looking_at_each_finds(
            names in prop::collection::vec("[a-cA-C ]{0,6}", 0..12),
            wanted in "[a-c]{1,3}",
        ) {
            let model = model(&names);
            let holds = |name: &String| name.to_lowercase().contains(&wanted);
            // The host holds these, too.
            prop_assume!(!"https://host.crm4.dynamics.com".contains(&wanted));
            let each: Vec<usize> = (0..names.len()).filter(|at| holds(&names[*at])).collect();
            prop_assert_eq!(places(&model, &wanted), each);
        }
    }
}
