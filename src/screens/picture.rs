//! A picture: all that is on the terminal, worked out once and drawn as it is.
//!
//! Owns the order of the two. What a page brings about by itself (another screen resets the eye, the end of the
//! terms is in sight) is known before a cell is drawn, and the page that told it is the one that is drawn: no page
//! is laid out twice for one frame. Changes the eye, never the model.

use super::eye::Eye;
use super::page::{self, Page, Places, Room};
use super::sheet::Sheet;
use super::{View, frame, overlay, sheet, top};
use crate::core::model::Model;
use crate::core::msg::Intent;
use crate::core::route::screen;
use crate::core::time::Now;
use crate::ui::look::Look;
use crate::ui::row::Row;
use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::layout::Rect;

/// Most columns of a question.
const QUESTION: u16 = 72;

/// A page with its places on the terminal.
pub(super) struct Laid {
    pub(super) sheet: &'static dyn Sheet,
    pub(super) page: Page,
    pub(super) places: Places,
    pub(super) body: Rect,
}

impl View<'_> {
    /// The page that has the keys: the overlay if there is one, else the screen.
    pub(super) fn top(&self) -> Laid {
        let body = frame::areas(self.size, frame::status(self).len()).body;
        self.over_in(body).unwrap_or_else(|| self.screen_in(body))
    }

    fn screen_in(&self, body: Rect) -> Laid {
        let sheet = sheet(screen(self.model));
        let side_cells = page::side_width(page::inner(body).width, sheet.main());
        let side = if side_cells > 0 { sheet.side(self, usize::from(side_cells)) } else { Vec::new() };
        self.lay(sheet, body, (side, side_cells))
    }

    /// What is laid over the screen.
    fn over_in(&self, body: Rect) -> Option<Laid> {
        let sheet = overlay::sheet(self.eye.overlay.as_ref()?.ask);
        if sheet.is_whole() {
            return Some(self.lay(sheet, body, (Vec::new(), 0)));
        }
        // A question stands in the middle, as high as it needs to be.
        let width = body.width.min(QUESTION);
        let wide = Rect { x: body.x + (body.width - width) / 2, width, ..body };
        let laid = self.lay(sheet, wide, (Vec::new(), 0));
        let needs = laid.page.rows.len() + laid.page.head.len() + usize::from(laid.places.below()) + 2;
        // The frame below stays whole where there is room for that.
        let most = if body.height > 12 { body.height - 2 } else { body.height };
        let height = u16::try_from(needs).unwrap_or(u16::MAX).min(most);
        let body = Rect { y: body.y + (body.height - height) / 2, height, ..wide };
        Some(Laid { places: laid.page.places(page::inner(body)), body, ..laid })
    }

    /// Lays a sheet out in a body, with its second column and the cells of that.
    fn lay(&self, sheet: &'static dyn Sheet, body: Rect, (side, side_cells): (Vec<Row>, u16)) -> Laid {
        let inner = page::inner(body);
        let has_side = !side.is_empty();
        let width = usize::from(inner.width - if has_side { side_cells + page::SIDE_GAP } else { 0 });
        let mut page = sheet
            .page(self, Room { width, full: usize::from(inner.width), height: usize::from(inner.height), has_side });
        (page.side, page.side_cells) = (side, side_cells);
        let page = page.fitted(inner, *self.look);
        let places = page.places(inner);
        Laid { sheet, page, places, body }
    }
}

/// What is on the terminal.
pub struct Picture(Kind);

enum Kind {
    TooSmall,
    Whole { rim: frame::Rim, screen: Box<Laid>, over: Option<Box<Laid>> },
}

impl Picture {
    /// Works out what is shown.
    pub(super) fn of(view: &View) -> Self {
        if frame::is_too_small(view.size) {
            return Self(Kind::TooSmall);
        }
        let status = frame::status(view);
        let areas = frame::areas(view.size, status.len());
        let (screen, over) = (view.screen_in(areas.body), view.over_in(areas.body));
        let rim = frame::Rim::of(view, areas, status, over.as_ref().unwrap_or(&screen));
        Self(Kind::Whole { rim, screen: Box::new(screen), over: over.map(Box::new) })
    }

    /// The page that has the keys.
    fn top(&self) -> Option<&Laid> {
        match &self.0 {
            Kind::TooSmall => None,
            Kind::Whole { screen, over, .. } => Some(over.as_ref().unwrap_or(screen)),
        }
    }

    /// Draws it. The view is the one of which it was made, but for the scroll that was settled since.
    pub fn draw(&self, view: &View, frame: &mut Frame) {
        let Kind::Whole { rim, screen, over } = &self.0 else { return frame::draw_too_small(view, frame) };
        screen.page.draw(screen.sheet.title(), frame, screen.body, &view.eye.stage, *view.look);
        if let Some(over) = over {
            frame::stand_back(frame, screen.body, over.body, *view.look);
            over.page.draw(over.sheet.title(), frame, over.body, view.stage(), *view.look);
        }
        rim.draw(frame, *view.look);
    }
}

/// What surrounds a picture.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// How this terminal is drawn on.
    pub look: &'a Look,
    /// The moment of the picture.
    pub now: Now,
    /// Time zone of the clock on the wall.
    pub zone: &'a TimeZone,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
}

impl<'a> Setting<'a> {
    /// The view of a model and an eye in it.
    pub fn view(self, model: &'a Model, eye: &'a Eye) -> View<'a> {
        let Self { look, now, zone, size } = self;
        View { model, eye, look, now, zone, size }
    }
}

/// Works out the picture. Notices that the screen is another one, keeps scroll and selection inside what there is,
/// and tells once when the end of the terms is in sight: what that changes, the next picture shows.
pub fn settled(model: &Model, eye: &mut Eye, setting: Setting) -> (Picture, Option<Intent>) {
    eye.follow(model);
    let sheet = top(model, eye);
    if !frame::is_too_small(setting.size) {
        sheet.refresh(model, eye);
    }
    let picture = Picture::of(&setting.view(model, eye));
    let Some(laid) = picture.top() else { return (picture, None) };
    let max = laid.page.scroll_max(&laid.places);
    let height = usize::from(laid.places.rows.height);
    eye.settled = Some((setting.size, height));
    let stage = eye.stage_mut();
    stage.scroll = stage.scroll.min(max);
    let end = stage.scroll == max && height > 0;
    let wanted = sheet.settle(model, eye, height, end);
    (picture, wanted)
}
