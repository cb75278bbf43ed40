//! The picture: how the cost grows with hooks, with threads and with signals; and what a signal takes, side by side.

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use super::Measure;

const SIZE: (u32, u32) = (1_100, 920);
/// Distinct for most eyes (Okabe and Ito).
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(90, 90, 90),
];

pub(super) fn draw(measures: &[Measure]) -> Result<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let drawn = || -> Result<(), Box<dyn std::error::Error>> {
            area.fill(&WHITE)?;
            let [hooks, threads, signals, bars] = &area.split_evenly((2, 2))[..] else { unreachable!("two by two") };
            growth(hooks, measures, "run", ("a run of n hooks", "hooks"))?;
            growth(threads, measures, "pair, contended", ("n threads register and take back at once", "threads"))?;
            growth(signals, measures, "pending", ("n pending signals, all delivered", "signals"))?;
            latencies(bars, measures)?;
            Ok(area.present()?)
        };
        drawn().map_err(|error| anyhow!("{error}"))?;
    }
    Ok(svg)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// One line a contestant, both axes logarithmic.
fn growth(area: &Area<'_>, measures: &[Measure], what: &str, (caption, unit): (&str, &str)) -> Drawn {
    let of: Vec<_> = measures.iter().filter(|measure| measure.what == what).collect();
    let number = |measure: &Measure| Some(f64::from(u32::try_from(measure.number?).ok()?));
    let (least, most) = of
        .iter()
        .fold((f64::MAX, 10.0_f64), |(least, most), measure| (least.min(measure.median), most.max(measure.median)));
    let furthest = of.iter().filter_map(|measure| number(measure)).fold(2.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .caption(caption, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(72)
        .build_cartesian_2d((1_f64..furthest * 1.1).log_scale(), (least.min(most) * 0.7..most * 3.0).log_scale())?;
    chart.configure_mesh().light_line_style(TRANSPARENT).x_desc(unit).y_desc("nanoseconds").draw()?;
    let mut names: Vec<_> = of.iter().map(|measure| measure.whose.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    for (name, colour) in names.into_iter().zip(COLOURS) {
        let mut points: Vec<_> = of
            .iter()
            .filter(|measure| measure.whose == name)
            .filter_map(|measure| Some((number(measure)?, measure.median)))
            .collect();
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)).point_size(3))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
    }
    chart.configure_series_labels().position(SeriesLabelPosition::UpperLeft).border_style(BLACK.mix(0.2)).draw()?;
    Ok(())
}

fn latencies(area: &Area<'_>, measures: &[Measure]) -> Drawn {
    const LEAST: f64 = 1.0;
    let mut of: Vec<_> = measures
        .iter()
        .filter(|measure| {
            measure.what == "signal to reaped" && measure.number == Some(1) && measure.whose != "pyterminate"
        })
        .collect();
    of.sort_by(|one, other| one.median.total_cmp(&other.median));
    let most = of.iter().map(|measure| measure.median / 1e3).fold(LEAST, f64::max);
    let rows = u32::try_from(of.len().max(1))?;
    let mut chart = ChartBuilder::on(area)
        .caption("from SIGTERM to the reaped child, one hook", ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(36)
        .build_cartesian_2d(0_f64..most * 1.1, 0_f64..f64::from(rows))?;
    chart.configure_mesh().disable_mesh().disable_y_axis().x_desc("microseconds, median").draw()?;
    for (row, measure) in (0..rows).zip(&of) {
        let bottom = f64::from(rows - row - 1);
        let colour = if measure.whose.starts_with("terminate") { COLOURS[0] } else { COLOURS[6] };
        let bar = [(0.0, bottom + 0.15), (measure.median / 1e3, bottom + 0.85)];
        chart.draw_series([Rectangle::new(bar, colour.filled())])?;
        let label = format!("{}, {:.0}", measure.whose, measure.median / 1e3);
        chart.draw_series([Text::new(
            label,
            (most * 0.015, bottom + 0.58),
            ("sans-serif", 14).into_font().color(&WHITE),
        )])?;
    }
    Ok(())
}
