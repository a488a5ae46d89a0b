//! `ingot powerbi preview`: the pages as one HTML file.

use super::draw::{Drawing, draw};
use super::theme::{Palette, palettes};
use crate::project::definition::{self, Definition, Page, Visual};
use crate::project::files::write_file;
use crate::project::model::Model;
use crate::project::run::{ProjectOptions, build_model};
use ingot_core::error::{Error, Result};
use ingot_engine::{EngineOptions, Session};
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;
use std::path::Path;
use std::time::Instant;

/// What a preview shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Previewed {
    pub pages: Vec<PreviewedPage>,
    /// Page and title of each visual that could not be drawn, and why.
    pub not_drawn: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PreviewedPage {
    pub name: String,
    pub visuals: usize,
    /// For the queries of all its visuals, one after the other.
    pub seconds: f64,
}

#[derive(Serialize)]
struct PageView {
    id: String,
    name: String,
    reached_from: Option<String>,
    visuals: Vec<VisualView>,
}

#[derive(Serialize)]
struct VisualView {
    id: String,
    title: String,
    alt: String,
    class: &'static str,
    /// Column, row, width and height on the grid, counted from 1.
    at: [u32; 4],
    html: String,
    numbers: Option<String>,
    note: Option<String>,
}

#[derive(Serialize)]
struct Preview<'a> {
    name: &'a str,
    language: &'a str,
    light: Palette,
    dark: Palette,
    style: String,
    pages: Vec<PageView>,
}

/// Draws the pages that `ingot powerbi` writes with the numbers of the warehouse, and writes them to one HTML file that needs
/// nothing else.
///
/// # Errors
/// As [`write`](crate::project::write), or the file cannot be written. A visual that cannot be drawn is no error: its place
/// says so.
pub fn preview(options: &ProjectOptions, out: &Path) -> Result<Previewed> {
    let file = options.folder.join(crate::project::run::DEFINITION);
    let definition = definition::read(&file)?;
    let model = build_model(options, &definition, &file)?;
    crate::project::report::files(&definition, &file, &model, &[])?;
    let mut session = EngineOptions::existing_file(&options.warehouse).open()?.session()?;
    let mut previewed = Previewed::default();
    let mut pages = Vec::new();
    for (number, page) in definition.pages.iter().enumerate() {
        pages.push(page_view(session.as_mut(), &definition, &model, page, number, &mut previewed));
    }
    let (light, dark) = palettes(&definition.colors);
    let view = Preview {
        name: &definition.name,
        language: definition.culture.split('-').next().unwrap_or("en"),
        style: String::new(),
        light,
        dark,
        pages,
    };
    write_file(out, &render(view)?)?;
    Ok(previewed)
}

fn page_view(
    session: &mut dyn Session,
    definition: &Definition,
    model: &Model,
    page: &Page,
    number: usize,
    previewed: &mut Previewed,
) -> PageView {
    let mut visuals = Vec::new();
    let started = Instant::now();
    for (position, visual) in page.visuals.iter().enumerate() {
        let drawing = draw(session, definition, model, visual).unwrap_or_else(|error| {
            let why = error.message().to_owned();
            previewed.not_drawn.push(format!("{}, {}: {why}", page.name, visual.title));
            Drawing {
                class: "chart",
                html: format!("<p class=\"nothing\">not drawn: {}</p>", super::svg::escaped(&why)),
                ..Drawing::default()
            }
        });
        visuals.push(visual_view(visual, drawing, format!("p{number}v{position}")));
    }
    previewed.pages.push(PreviewedPage {
        name: page.name.clone(),
        visuals: page.visuals.len(),
        seconds: started.elapsed().as_secs_f64(),
    });
    PageView {
        id: format!("page-{}", number + 1),
        name: page.name.clone(),
        reached_from: page.drill_through.as_ref().map(|field| format!("{}[{}]", field.table, field.column)),
        visuals,
    }
}

fn visual_view(visual: &Visual, drawing: Drawing, id: String) -> VisualView {
    let [column, row, width, height] = visual.at;
    VisualView {
        id,
        title: visual.title.clone(),
        alt: visual.alt.clone(),
        class: drawing.class,
        at: [column + 1, row + 1, width, height],
        html: drawing.html,
        numbers: drawing.numbers,
        note: drawing.note,
    }
}

fn render(mut view: Preview<'_>) -> Result<String> {
    let wrong =
        |error: minijinja::Error| Error::defect(format!("the template of the preview fails: {error:#}"));
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.add_template("preview", include_str!("preview.html.j2")).map_err(wrong)?;
    environment.add_template("style", include_str!("preview.css.j2")).map_err(wrong)?;
    let filled = |name: &str, view: &Preview<'_>| {
        environment.get_template(name).and_then(|template| template.render(view)).map_err(wrong)
    };
    view.style = filled("style", &view)?;
    filled("preview", &view)
}
