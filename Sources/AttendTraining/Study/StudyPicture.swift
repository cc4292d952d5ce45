#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A report as one SVG: a panel for each measure with the medians of every model as lines, their ranges as bars.
public struct StudyPicture: Sendable {
  private static let panel = (width: 420.0, height: 300.0)
  private static let columns = 2
  private static let header = 34.0

  private let report: StudyReport

  public init(_ report: StudyReport) { self.report = report }

  /// The picture as the text of an SVG file.
  public var svg: String {
    let panels = report.tasks.flatMap { result in result.measures.map { (result, $0) } }
    let rows = (panels.count + Self.columns - 1) / Self.columns
    let (width, height) = (Double(Self.columns) * Self.panel.width, Self.header + Double(rows) * Self.panel.height)
    var svg = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(SVG.number(width)) \(SVG.number(height))" \
      font-family="sans-serif" font-size="10">
      <rect width="100%" height="100%" fill="white"/>
      <text x="12" y="22" font-size="14">attend compare, \(report.tier.rawValue): \(SVG.escaped(report.processor)), \
      \(report.threads) threads, version \(SVG.escaped(report.version)), seed \(report.seed)</text>

      """
    for (index, (result, measure)) in panels.enumerated() {
      let x = Double(index % Self.columns) * Self.panel.width
      let y = Self.header + Double(index / Self.columns) * Self.panel.height
      svg += "<g transform=\"translate(\(SVG.number(x)) \(SVG.number(y)))\">\n"
      svg += StudyPanel(result.task, measure, width: Self.panel.width, height: Self.panel.height).svg
      svg += "</g>\n"
    }
    return svg + "</svg>\n"
  }
}

/// One measure: axes, lines, ranges, legend.
private struct StudyPanel {
  /// Paul Tol's colours, told apart with every kind of colour vision.
  private static let colours = ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#777777"]
  private static let margin = (left: 58.0, right: 12.0, top: 24.0, bottom: 32.0)
  private static let legendLine = 12.0

  private let task: StudyTask
  private let measure: StudyMeasure
  private let width, height: Double
  private let across, up: SVGScale
  private let legendHeight: Double

  init(_ task: StudyTask, _ measure: StudyMeasure, width: Double, height: Double) {
    (self.task, self.measure, self.width, self.height) = (task, measure, width, height)
    legendHeight = Double((measure.series.count + 1) / 2) * Self.legendLine
    let points = measure.series.flatMap(\.points)
    across = SVGScale(
      points.map(\.x), isLogarithmic: measure.isAxisLogarithmic, from: Self.margin.left, to: width - Self.margin.right)
    up = SVGScale(
      points.flatMap { $0.values.compactMap(\.self) } + measure.references.map(\.value),
      isLogarithmic: measure.isLogarithmic, from: height - Self.margin.bottom - legendHeight, to: Self.margin.top)
  }

  package var svg: String {
    let unit = measure.unit.isEmpty ? "" : ", \(measure.unit)"
    var svg = """
      <text x="\(SVG.number(Self.margin.left))" y="14" font-size="12">\(task.rawValue): \
      \(SVG.escaped(measure.name + unit))</text>

      """
    let (left, right) = (Self.margin.left, width - Self.margin.right)
    let (top, bottom) = (Self.margin.top, height - Self.margin.bottom - legendHeight)
    for tick in up.ticks {
      let y = up.place(tick)
      svg += SVG.line(left, y, right, y, "stroke=\"#ddd\"")
      svg += SVG.text(left - 5, y + 3, "end", up.label(tick))
    }
    for tick in across.ticks {
      let x = across.place(tick)
      svg += SVG.line(x, top, x, bottom, "stroke=\"#eee\"")
      svg += SVG.text(x, bottom + 13, "middle", across.label(tick))
    }
    svg +=
      SVG.line(left, bottom, right, bottom, "stroke=\"#333\"") + SVG.line(left, top, left, bottom, "stroke=\"#333\"")
    svg += SVG.text((left + right) / 2, bottom + 25, "middle", SVG.escaped(measure.axis))
    for reference in measure.references where up.contains(reference.value) {
      let y = up.place(reference.value)
      svg += SVG.line(left, y, right, y, "stroke=\"#333\" stroke-dasharray=\"4 3\"")
      svg += SVG.text(right, y - 3, "end", SVG.escaped(reference.name))
    }
    for (index, series) in measure.series.enumerated() { svg += draw(series, index) }
    return svg
  }

  private func draw(_ series: StudySeries, _ index: Int) -> String {
    let colour = Self.colours[index % Self.colours.count]
    let points = series.points.filter { point in point.median.map { up.contains($0) } ?? false }
    let places = points.map { point in (across.place(point.x), up.place(point.median ?? 0)) }
    let path = places.map { "\(SVG.number($0.0)),\(SVG.number($0.1))" }.joined(separator: " ")
    var svg = "<polyline fill=\"none\" stroke=\"\(colour)\" stroke-width=\"1.5\" points=\"\(path)\"/>\n"
    for (point, place) in zip(points, places) {
      if points.count <= 12 {
        svg += "<circle cx=\"\(SVG.number(place.0))\" cy=\"\(SVG.number(place.1))\" r=\"2\" fill=\"\(colour)\"/>\n"
      }
      guard let low = point.minimum, let high = point.maximum, low < high, up.contains(low) else { continue }
      svg += SVG.line(place.0, up.place(low), place.0, up.place(high), "stroke=\"\(colour)\" stroke-opacity=\"0.5\"")
    }
    let x = Self.margin.left - 40 + Double(index % 2) * (width - 20) / 2
    let y = height - legendHeight + Double(index / 2) * Self.legendLine + 4
    svg += SVG.line(x, y - 3, x + 16, y - 3, "stroke=\"\(colour)\" stroke-width=\"2\"")
    return svg + SVG.text(x + 20, y, "start", SVG.escaped(series.name))
  }
}
