//! The report as one HTML file: plots are SVG inside of it, so that it opens without a network.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;

use plotters::prelude::*;

use super::Report;
use super::report::{Failed, Latency};

/// In the dark, plots stay on a light ground: they are drawn in black.
const STYLE: &str = ":root{color-scheme:light dark;--bad:#b00020;--good:#1b6e3c;--ground:#f5f5f5;--line:#ddd}\
    @media(prefers-color-scheme:dark){:root{--bad:#ff8a80;--good:#81c995;--ground:#2a2a2a;--line:#444}}\
    body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
    h2{font-size:1.15rem;margin:1.5rem 0 .4rem}p{margin:.4rem 0}table{border-collapse:collapse}\
    td{padding:.2rem .8rem .2rem 0;border-bottom:1px solid var(--line)}td.n{text-align:right}\
    pre{background:var(--ground);padding:.8rem;white-space:pre-wrap;overflow-wrap:anywhere;font-size:.85rem}\
    svg{max-width:100%;height:auto;background:#fff;border-radius:4px}\
    .plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,27rem),1fr));column-gap:2rem}\
    .bad{color:var(--bad)}.good{color:var(--good)}";

/// The report as an HTML page, with plots of the latencies and of the outcomes.
///
/// # Errors
///
/// If a plot cannot be drawn.
pub fn page(report: &Report) -> Result<String, Box<dyn Error>> {
    let mut body = String::new();
    let verdict = match report.failed {
        0 => "<p class=good>0 violations</p>".to_owned(),
        failed => format!("<p class=bad>{failed} rounds with violations</p>"),
    };
    write!(body, "<h1>Storm</h1>{verdict}<p><code>{}</code>", escape(&report.target.join(" ")))?;
    let Report { rounds, seed, seconds, signals_sent, .. } = report;
    let hooks = if report.log { format!(", {} hooks ran", report.hooks) } else { String::new() };
    write!(body, "<br>{rounds} rounds, seed {seed}, {seconds:.1} s, {signals_sent} signals{hooks}</p>")?;
    if !report.violations.is_empty() {
        let counts = report.violations.iter().map(|(kind, count)| (kind.to_string(), *count)).collect();
        body += &table("Violations, by rounds", &counts);
    }
    let latencies =
        [("Signal to first hook", &report.signal_to_hook), ("Signal to reaped child", &report.signal_to_end)];
    for (title, latency) in latencies {
        let Some(latency) = latency else { continue };
        let Latency { count, p50, p90, p99, worst, .. } = latency;
        write!(
            body,
            "<h2>{title}</h2><p>{count} measured: p50 {p50} µs, p90 {p90} µs, p99 {p99} µs, worst {worst} µs</p>"
        )?;
        body += &histogram(latency)?;
    }
    let moments = report.moments.iter().map(|(what, count)| ((*what).to_owned(), *count)).collect();
    let mut plots = vec![("How it ended, as the parent saw it", &report.ends), ("Signals sent", &report.signals)];
    if report.log {
        plots.insert(0, ("What ended it, as hooks were told", &report.causes));
        plots.insert(2, ("What it was doing at the first signal", &moments));
    }
    body += "<div class=plots>";
    for (title, counts) in plots {
        write!(body, "<section><h2>{title}</h2>{}</section>", bars(counts)?)?;
    }
    body += "</div>";
    for failed in &report.failures {
        body += &failure(failed)?;
    }
    Ok(format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Storm</title><style>{STYLE}</style>{body}</html>\n"
    ))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn table(title: &str, counts: &BTreeMap<String, u64>) -> String {
    let row = |(what, count): (&String, &u64)| ["<tr><td>", &escape(what), "<td class=n>", &count.to_string()].concat();
    let rows: String = counts.iter().map(row).collect();
    format!("<h2>{title}</h2><table>{rows}</table>")
}

fn failure(failed: &Failed) -> Result<String, Box<dyn Error>> {
    let mut text = format!("<h2>Round {}, ended by {}</h2><ul>", failed.seed, escape(&failed.ended.to_string()));
    for violation in &failed.violations {
        write!(text, "<li class=bad>{}", escape(&violation.to_string()))?;
    }
    write!(text, "</ul><pre>{}</pre>", escape(&failed.schedule.to_string()))?;
    if !failed.again.is_empty() {
        write!(text, "<p>Again: <code>{}</code></p>", escape(&failed.again))?;
    }
    write!(
        text,
        "<details><summary>What happened</summary><pre>{}</pre></details>",
        escape(&(failed.story.join("\n") + "\n" + &failed.remarks))
    )?;
    Ok(text)
}

/// How many there were up to each latency, on a logarithmic axis.
fn histogram(latency: &Latency) -> Result<String, Box<dyn Error>> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (900, 240)).into_drawing_area();
        let highest = latency.buckets.iter().map(|(_, count)| *count).max().unwrap_or(1);
        let first = latency.buckets.first().map_or(1, |(up_to, _)| (*up_to * 4 / 5).max(1));
        let last = latency.buckets.last().map_or(2, |(up_to, _)| *up_to).max(first + 1);
        let mut chart = ChartBuilder::on(&area)
            .margin(8)
            .x_label_area_size(46)
            .y_label_area_size(64)
            .build_cartesian_2d((first..last).log_scale(), 0..highest)?;
        let mut mesh = chart.configure_mesh();
        mesh.disable_x_mesh().max_light_lines(1).y_labels(6).label_style(("sans-serif", 15));
        mesh.x_label_formatter(&|number| round(*number));
        mesh.x_desc("microseconds").y_desc("rounds").axis_desc_style(("sans-serif", 15)).draw()?;
        let lows = std::iter::once(first).chain(latency.buckets.iter().map(|(up_to, _)| *up_to));
        chart.draw_series(lows.zip(&latency.buckets).map(|(low, (high, count))| {
            Rectangle::new([(low.max(first), 0), ((*high).max(first), *count)], RGBColor(61, 108, 179).filled())
        }))?;
        for (at, color) in [(latency.p50, RGBColor(255, 176, 0)), (latency.p99, RED)] {
            chart.draw_series(LineSeries::new([(at, 0), (at, highest)], color.stroke_width(2)))?;
        }
        area.present()?;
    }
    Ok(svg + "<p>Amber: the median. Red: p99.</p>")
}

/// Labels at 1, 2 and 5: the higher ones of a decade would stand on each other.
fn round(number: u64) -> String {
    let text = number.to_string();
    if text.starts_with(['1', '2', '5']) { text } else { String::new() }
}

/// One bar for each.
fn bars(counts: &BTreeMap<String, u64>) -> Result<String, Box<dyn Error>> {
    const ROW: u32 = 24;
    const LABELS: i32 = 200;
    const BARS: u64 = 190;
    let mut svg = String::new();
    let rows = u32::try_from(counts.len())?;
    {
        let area = SVGBackend::with_string(&mut svg, (450, rows * ROW + 8)).into_drawing_area();
        let style = ("sans-serif", 14).into_font().color(&BLACK);
        let highest = counts.values().copied().max().unwrap_or(1).max(1);
        for (row, (what, count)) in (0..).zip(counts) {
            let top = row * i32::try_from(ROW)? + 4;
            let length = i32::try_from(count * BARS / highest)?;
            area.draw(&Text::new(what.as_str(), (4, top + 3), style.clone()))?;
            let bar = [(LABELS, top + 2), (LABELS + length.max(1), top + 18)];
            area.draw(&Rectangle::new(bar, RGBColor(61, 108, 179).filled()))?;
            area.draw(&Text::new(count.to_string(), (LABELS + length + 8, top + 3), style.clone()))?;
        }
        area.present()?;
    }
    Ok(svg)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::verdict::tests::{BY_TERM, evidence};
    use super::super::{Outcome, Tally};
    use super::*;

    #[test]
    fn an_axis_has_few_labels_in_a_decade() {
        let labels: Vec<_> = (1..=10).map(|tenth| round(tenth * 100)).filter(|label| !label.is_empty()).collect();
        assert_eq!(labels, ["100", "200", "500", "1000"]);
    }

    #[test]
    fn a_page_has_its_plots_inside_and_asks_nobody_for_anything() {
        let mut tally = Tally::default();
        tally.add(&evidence(BY_TERM, &["arming a 1", "armed a", "sent TERM", "begin a 15", "end a"]), &[]);
        let outcome = Outcome { tally, failures: Vec::new(), took: Duration::from_secs(1), log: true };
        let page = page(&Report::new(vec!["a <b>".into()], 1, &outcome)).unwrap();
        assert_eq!(page.matches("<svg").count(), 6);
        assert!(page.contains("a &lt;b&gt;") && page.contains("SIGTERM") && page.contains("0 violations"));
        for outside in ["src=", "href=", "@import", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}
