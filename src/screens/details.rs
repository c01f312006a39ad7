//! Environment Details: both sides, Power Platform Integration, and the one button that is next.

use super::eye::Ask;
use super::keys::{self, Binding};
use super::page::{Action, Page, Room, Shape, Stop};
use super::sheet::Sheet;
use super::{View, access, identities, parts, prerequisites};
use crate::core::check::{self, Closes, Level, Tri};
use crate::core::environment::{Environment, Fact};
use crate::core::facts::{Answer, FactKind, Facts, PackageState, why};
use crate::core::gate::{self, Gate, Integration, Leads};
use crate::core::mandate::Mandate;
use crate::core::msg::Intent;
use crate::core::plan::{APPLICATION_PACKAGE, CORE_PACKAGE, Side};
use crate::core::setup::{Flow, Setup};
use crate::core::trouble::{Again, capital};
use crate::ui::look::{Glyphs, Mark, Role};
use crate::ui::row::{Piece, Row, behind, field, para};
use crate::ui::text::{clean, cut, width};

/// The page's own words about a mismatch (lcs-setup.md of the dual-write documentation).
pub(super) const MISMATCH_WORDS: &str = "Microsoft has detected that your environment is linked via Dual-write to a different destination than specified in Power Platform Integration, which isn't recommended.";
/// Cells of both sides beside each other, with their addresses whole: as on a terminal of 80 columns.
const BOTH_SIDES: u16 = 76;
/// Words of the section.
const SECTION: &str = "Power Platform Integration";
/// Cells of the labels in the section.
const LABEL: usize = 16;
/// Cells between the two sides.
const GAP: usize = 2;
/// Least cells of the right side.
const SIDE_LEAST: usize = 24;
/// Cells from which the two sides stand next to each other.
const BESIDE_FROM: usize = 64;

/// Both sides of one environment.
pub(super) struct Details;

impl Sheet for Details {
    fn title(&self) -> &'static str {
        "Environment Details"
    }

    fn keys(&self) -> &'static [Binding] {
        &[
            keys::CHOOSE,
            keys::REPAIR,
            keys::PREREQUISITES,
            keys::READ_NOW,
            keys::DETAILS,
            keys::OPEN,
            keys::COPY,
            keys::BACK_TO_LIST,
            keys::FOLD,
            keys::ENVIRONMENTS,
            keys::HELP,
            keys::LEAVE,
        ]
    }

    fn help(&self, _view: &View) -> &'static str {
        "This page only reads. Its button is the next step: Dual-write application configures both sides (terms and a \
         list of changes come first), Link to Power Platform environment makes the link afterwards. Where a button is \
         missing, the reason is shown in its place."
    }

    fn main(&self) -> u16 {
        BOTH_SIDES
    }

    fn side(&self, view: &View, cells: usize) -> Vec<Row> {
        let Some((_, setup)) = view.model.current() else { return Vec::new() };
        let mut rows = Vec::new();
        for (side, title) in [(Side::Dataverse, "Application users"), (Side::FinanceOperations, "Client ID rows")] {
            rows.push(parts::heading(title));
            rows.extend(identities::table(view, side, cells, !gate::has_packages(&setup.facts)));
            rows.push(Row::blank());
        }
        rows.extend(companies(&setup.facts, cells));
        rows.extend(maps(&setup.facts, cells));
        let timeline = parts::timeline(view, cells);
        if !timeline.is_empty() {
            rows.push(Row::blank());
            rows.extend(timeline);
        }
        rows
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let Some((environment, setup)) = view.model.current() else { return Page::default() };
        let facts = &setup.facts;
        let mut rows = Vec::new();
        if gate::mismatch(environment, facts).is_some() {
            let start = Row::new(format!("{} ", Mark::Warn.glyph(view.look.glyphs)), Role::Warn);
            rows.extend(behind(start, &[Piece::new(view.look.quoted(MISMATCH_WORDS), Role::Warn)], room.width));
            rows.push(Row::blank());
        }
        rows.extend(both_sides(view, environment, facts, room.width));
        rows.push(Row::blank());
        let symbols = view.look.symbols();
        let fold = if view.eye.folded { symbols.closed } else { symbols.open };
        rows.push(Row { stop: Some(SECTION), ..Row::new(format!("{fold} {SECTION}"), Role::Strong) });
        if !view.eye.folded {
            rows.extend(section(view, environment, setup, room.width));
        }
        let (notes, stops, primary) = next_step(view, environment, setup, room.full);
        let mut page = Page {
            rows,
            notes,
            stops,
            primary,
            address: gate::finops_place(environment, facts).map(clean),
            fix: can_repair(environment, setup).then_some(Ask::Repair),
            copy: gate::finops_place(environment, facts).map(clean),
            ..Page::default()
        };
        // What a large terminal has room for; line by line it is a page of its own.
        if setup.is_read() && view.look.glyphs != Glyphs::Words {
            page.rows.extend(prerequisites::open_ones(view, room.width, page.spare(room)));
        }
        page
    }
}

/// Whether the repair of the identities can be offered: everything of them was read.
pub(super) fn can_repair(environment: &Environment, setup: &Setup) -> bool {
    setup.reading.is_empty() && gate::repair(environment, &setup.facts)
}

/// The facts of Lifecycle Services at the left, those of Dataverse at the right.
fn both_sides(view: &View, environment: &Environment, facts: &Facts, cells: usize) -> Vec<Row> {
    let known = |text: Option<String>| text.unwrap_or_else(|| "not known".to_owned());
    let lcs = environment.lcs.as_ref();
    let word = |text: Option<&str>| text.map(clean).filter(|text| !text.is_empty());
    let left = [
        known(gate::finops_url(environment, facts).map(parts::host)),
        [
            word(lcs.and_then(|of| of.type_word.as_deref())),
            word(lcs.and_then(|of| of.region.as_deref())),
            word(lcs.and_then(|of| of.status.as_deref())),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", "),
        known(environment.finops_versions().map(|text| format!("version {}", clean(&text)))),
    ];
    let dataverse = environment.dataverse.as_ref();
    let right = [
        dataverse.map_or_else(|| "no Dataverse".to_owned(), |side| parts::host(&side.url)),
        dataverse.map_or_else(String::new, |_| {
            format!("{}, {}", clean(environment.kind().word()), parts::geography(environment))
        }),
        dataverse.map_or_else(String::new, |side| {
            known(side.version.as_deref().map(|text| format!("version {}", clean(text))))
        }),
    ];
    let column = |title: &str, lines: &[String; 3], cells: usize| {
        let mut rows = vec![parts::heading(title)];
        for line in lines.iter().filter(|line| !line.is_empty()) {
            // The whole address stands in the details, one key away.
            let ellipsis = view.look.symbols().ellipsis;
            rows.push(Row::new(format!(" {}", cut(line, cells.saturating_sub(1), ellipsis)), Role::Plain));
        }
        rows
    };
    if cells < BESIDE_FROM || view.look.glyphs == Glyphs::Words {
        let mut rows = column("Finance and operations", &left, cells);
        rows.extend(column("Dataverse", &right, cells));
        return rows;
    }
    // The longer addresses get more of the room.
    let widest = |lines: &[String; 3]| lines.iter().map(|line| width(line) + 1).max().unwrap_or(0);
    let half = (cells / 2).max(cells.saturating_sub(widest(&right)).min(widest(&left) + GAP)).min(cells - SIDE_LEAST);
    let (left, right) =
        (column("Finance and operations", &left, half.saturating_sub(GAP)), column("Dataverse", &right, cells - half));
    (0..left.len().max(right.len()))
        .map(|at| {
            let mut row = left.get(at).cloned().unwrap_or_default().filled_to(half);
            row.pieces.extend(right.get(at).cloned().unwrap_or_default().pieces);
            row
        })
        .collect()
}

fn section(view: &View, environment: &Environment, setup: &Setup, cells: usize) -> Vec<Row> {
    let facts = &setup.facts;
    let glyphs = view.look.glyphs;
    let mut rows = Vec::new();
    let mut put = |label: &str, mark: Option<Mark>, text: String| {
        let glyph = mark.map_or(" ", |mark| mark.glyph(glyphs));
        let value =
            [Piece::new(format!("{glyph} "), mark.map_or(Role::Plain, Mark::role)), Piece::new(text, Role::Plain)];
        let label_row = Row::new(format!("    {label}"), Role::Dim);
        if LABEL + 4 > cells / 2 {
            rows.extend(field(label, LABEL, &value, cells));
        } else {
            let mut start = label_row.filled_to(LABEL + 4);
            start.pieces.push(value[0].clone());
            rows.extend(behind(start, &value[1..], cells));
        }
    };
    let integration = gate::integration(environment, facts);
    let (mark, more) = match &integration {
        Integration::SetUp => (Mark::Done, String::new()),
        Integration::NotSetUp => (Mark::Waiting, String::new()),
        Integration::Unread => (parts::unread(setup, FactKind::Integration).0, String::new()),
        Integration::SettingUp(word) => (Mark::Busy, format!(" ({})", view.look.quoted(&clean(word)))),
        Integration::Failed(word) => (Mark::Failed, format!(" ({})", view.look.quoted(&clean(word)))),
        Integration::Unknown(why) => (Mark::Unknown, format!(": {}", clean(why))),
    };
    let word = match &integration {
        Integration::Unread => parts::unread(setup, FactKind::Integration).1,
        known => known.word(),
    };
    put("State", Some(mark), format!("{word}{more}"));
    match &environment.power_platform {
        Some(_) if integration == Integration::NotSetUp => {
            put(
                "Environment",
                Some(Mark::Waiting),
                "none is joined yet; the id in Lifecycle Services is in the details (d)".into(),
            );
        }
        Some(id) => put("Environment", None, format!("{} ({})", clean(id), parts::name(&environment.name, *view.look))),
        None => put("Environment", Some(Mark::Waiting), "no Power Platform environment".into()),
    }
    let (mark, text) = link_words(view, environment, setup);
    put("Dual-write", Some(mark), text);
    for (label, package) in [("Core solution", CORE_PACKAGE), ("Application", APPLICATION_PACKAGE)] {
        let (mark, text) = package_words(view, setup, package);
        put(label, Some(mark), text);
    }
    let (users, client_rows) = (identities::users(environment, setup), identities::rows(setup));
    let worst = users.iter().chain(&client_rows).map(|identity| identity.mark).max_by_key(|mark| match mark {
        Mark::Failed => 3,
        Mark::Unknown => 2,
        Mark::Busy => 1,
        _ => 0,
    });
    let text = format!(
        "application users {}, client ID rows {}",
        identities::in_short(&users),
        identities::in_short(&client_rows)
    );
    // Before the packages are there, identities that are missing are no failure.
    let mark = match worst.unwrap_or(Mark::Busy) {
        Mark::Failed if !gate::has_packages(facts) => Mark::Waiting,
        mark => mark,
    };
    put("Identities", Some(mark), text);
    let checks = check::of_setup(environment, setup);
    let mark = if [Closes::Configure, Closes::Link].iter().any(|button| checks.iter().any(|of| of.blocks(*button))) {
        Mark::Failed
    } else if checks.iter().any(|of| of.answer == Tri::No && of.level != Level::Made) {
        Mark::Warn
    } else if !setup.is_read() {
        Mark::Busy
    } else if checks.iter().any(|of| of.answer == Tri::No) {
        // Configure makes it.
        Mark::Waiting
    } else {
        Mark::Done
    };
    put("Prerequisites", Some(mark), check::tally(&checks).in_short());
    rows
}

/// Whether there is a link, in three-valued words.
fn link_words(view: &View, environment: &Environment, setup: &Setup) -> (Mark, String) {
    let facts = &setup.facts;
    let directory = &view.model.directory;
    match &facts.link {
        Fact::Unread => {
            let (mark, words) = parts::unread(setup, FactKind::Link);
            (mark, words.to_owned())
        }
        Fact::Unknown(..) => (Mark::Unknown, format!("could not tell: {}", clean(&why(&facts.link)))),
        Fact::Known(None, _) => (Mark::Waiting, "not linked".into()),
        Fact::Known(Some(link), _) => {
            let to = link.power_apps_environment.as_deref().unwrap_or_default();
            let name = directory.name_of(to).map_or_else(|| parts::short_id(to, *view.look), clean);
            let owner = facts.connection_set.value().and_then(|set| set.owner_text());
            let owner = owner.map(|owner| format!(", owner {}", clean(&owner))).unwrap_or_default();
            let name = if name.is_empty() { "an environment the service does not name".into() } else { name };
            (
                if gate::is_linked(environment, facts) { Mark::Done } else { Mark::Warn },
                format!("linked to {name}{owner}"),
            )
        }
    }
}

fn package_words(view: &View, setup: &Setup, package: &str) -> (Mark, String) {
    let facts = &setup.facts;
    match facts.package(package) {
        Some(PackageState::Installed { version }) => (Mark::Done, format!("installed {}", clean(&version))),
        Some(PackageState::InProgress { state }) => {
            (Mark::Busy, format!("on its way ({})", view.look.quoted(&clean(&state))))
        }
        Some(PackageState::Failed { words, .. }) => {
            (Mark::Failed, format!("failed: {}", view.look.quoted(&clean(&words))))
        }
        Some(PackageState::NotInstalled) => (Mark::Waiting, "not installed".into()),
        Some(PackageState::NotOffered) => (Mark::Waiting, "not installed, and not in the list of packages".into()),
        None if facts.packages.trouble().is_some() => {
            (Mark::Unknown, format!("could not tell: {}", clean(&why(&facts.packages))))
        }
        None => {
            let (mark, words) = parts::unread(setup, FactKind::Packages);
            (mark, words.to_owned())
        }
    }
}

fn companies(facts: &Facts, cells: usize) -> Vec<Row> {
    let words = match &facts.legal_entities {
        Fact::Unread => return Vec::new(),
        Fact::Unknown(..) => format!("could not tell: {}", clean(&why(&facts.legal_entities))),
        Fact::Known(all, _) => {
            let codes: Vec<String> = all.iter().map(|entity| clean(&entity.id)).collect();
            format!("{}: {}", all.len(), codes.join(", "))
        }
    };
    let mut rows = vec![parts::heading("Legal entities")];
    rows.extend(behind(Row::new("  ", Role::Plain), &[Piece::new(words, Role::Plain)], cells));
    rows
}

fn maps(facts: &Facts, cells: usize) -> Vec<Row> {
    let words = match (facts.unstopped_maps(), facts.maps.trouble()) {
        (Some(maps), _) if maps.is_empty() => "none is running".to_owned(),
        (Some(maps), _) => clean(&maps.words()),
        (None, Some(_)) => format!("could not tell: {}", clean(&why(&facts.maps))),
        (None, None) => return Vec::new(),
    };
    let mut rows = vec![Row::blank(), parts::heading("Table maps (entity mappings)")];
    rows.extend(behind(Row::new("  ", Role::Plain), &[Piece::new(words, Role::Plain)], cells));
    rows
}

/// What the button Dual-write application would do here.
fn what_configure_does(facts: &Facts) -> &'static str {
    let is_on_its_way = [CORE_PACKAGE, APPLICATION_PACKAGE]
        .into_iter()
        .any(|package| matches!(facts.package(package), Some(PackageState::InProgress { .. })));
    if gate::has_packages(facts) {
        "Creates the missing application users and client ID rows so that the two sides \
         can connect. Nothing is linked yet. A few minutes."
    } else if is_on_its_way {
        "An installation is on its way: it is joined, not started again. Then both sides get access to each other. \
         Nothing is linked yet. 30 minutes or less."
    } else {
        "Installs the dual-write application in Dataverse and gives both sides access to each other. Nothing is linked \
         yet. 30 minutes or less."
    }
}

/// The buttons, and what stands beside them: the likely next one first, or why it is not there.
fn next_step(
    view: &View,
    environment: &Environment,
    setup: &Setup,
    cells: usize,
) -> (Vec<Row>, Vec<Stop>, &'static str) {
    let facts = &setup.facts;
    let application = gate::dual_write_application(environment, facts);
    let link = gate::link(environment, facts);
    let configure = Stop::wants("Dual-write application", Intent::DualWriteApplication);
    let reading = !setup.is_read_enough();
    let mut stops = Vec::new();
    let mut notes = Vec::new();
    let leads = gate::leads(environment, facts);
    if leads == Leads::Elsewhere {
        stops.push(Stop::wants("Linking mismatch", Intent::Mismatch));
        notes.extend(para(
            "Fix the mismatch first; the page shows which side says what, and the remedy.",
            Role::Plain,
            cells,
        ));
    } else if let Leads::Unsure(why) = &leads {
        notes.extend(parts::marked(Mark::Warn, &clean(why), *view.look, cells));
    } else if leads == Leads::Here {
        stops.push(Stop::wants("Dual-write page", Intent::Link));
        notes.extend(para(
            "Both sides are linked. The next screen has the address of the Dual-write page.",
            Role::Plain,
            cells,
        ));
    } else if reading && !matches!(application, Gate::Closed(_)) {
        stops.push(configure.clone());
        let text = match setup.flow {
            Flow::Details { wanted: true } => "Still reading this environment. The next page opens when that is done.",
            _ => "Still reading this environment. Enter continues when that is done.",
        };
        notes.extend(parts::marked(Mark::Busy, text, *view.look, cells));
    } else if let (Gate::Closed(why), Answer::Yes) = (&link, facts.configured(environment))
        && application.is_open()
    {
        let closed = Some(clean(why));
        notes.extend(parts::marked(
            Mark::Warn,
            &format!("The link cannot be made yet. {}", clean(why)),
            *view.look,
            cells,
        ));
        stops.push(Stop::wants("Prerequisites", Intent::Prerequisites));
        stops.push(Stop::wants("Link to Power Platform environment", Intent::Link).closed_because(closed));
    } else if link.is_open() {
        stops.push(Stop::wants("Link to Power Platform environment", Intent::Link));
        notes.extend(para(
            "Configured. The next page shows what is linked to what; nothing starts before that.",
            Role::Plain,
            cells,
        ));
        stops.push(configure.clone());
    } else if application.is_open() {
        stops.push(configure.clone());
        match facts.packages.trouble() {
            Some(trouble) => {
                let text = format!(
                    "Whether anything is installed could not be read. {} Configure asks the same service.",
                    trouble.next_move(Again::Reading)
                );
                notes.extend(parts::marked(Mark::Warn, &text, *view.look, cells));
            }
            None => notes.extend(para(what_configure_does(facts), Role::Plain, cells)),
        }
    } else if let Gate::Closed(why) = &application {
        let text = format!("Dual-write application is not available yet. {}", clean(why));
        notes.extend(parts::marked(Mark::Warn, &text, *view.look, cells));
    }
    if let Some(held) = &setup.held {
        let text = format!("{} works on this environment; this program only watches.", capital(&held.words()));
        // Nothing can be begun: what would come next is no news. What nobody could tell still is.
        if !matches!(leads, Leads::Unsure(_)) {
            notes.clear();
        }
        notes.splice(0..0, parts::marked(Mark::Busy, &text, *view.look, cells));
    }
    if let Some(trouble) = &view.model.directory.lcs_trouble {
        let text = format!("The data of Lifecycle Services is missing here: {}.", clean(&trouble.sentence()));
        notes.splice(0..0, parts::marked(Mark::Warn, &text, *view.look, cells));
    }
    if setup.to_take_up.is_some() {
        notes = parts::marked(Mark::Busy, "The set-up resumes as soon as both sides are read.", *view.look, cells);
    }
    if can_repair(environment, setup) {
        stops.push(Stop::button("Repair the identities", Action::Ask(Ask::Repair)));
    }
    for stop in stops.iter_mut().filter(|stop| stop.closed.is_none()) {
        let why = match &stop.action {
            Action::Intent(wanted) => gate::held(environment, setup, wanted),
            Action::Ask(Ask::Repair) => gate::held(environment, setup, &Intent::RepairIdentities(Mandate::default())),
            _ => None,
        };
        stop.closed = why.map(|why| clean(&why));
    }
    let primary = stops.iter().find(|stop| stop.closed.is_none()).map_or("Prerequisites", |stop| stop.label);
    stops.extend(access::button(view.model));
    if stops.iter().all(|stop| stop.label != "Prerequisites") {
        stops.push(Stop::wants("Prerequisites", Intent::Prerequisites));
    }
    stops.push(Stop::wants("Environments", Intent::Environments));
    stops.push(Stop { label: SECTION, action: Action::Fold, shape: Shape::Section, closed: None });
    (notes, stops, primary)
}
