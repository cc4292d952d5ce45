import AttendBase

/// The training and held-out losses of a run as a picture (SVG).
enum LossCurve {
  private static let width = 720.0
  private static let height = 400.0
  private static let margin = (left: 56.0, right: 16.0, top: 28.0, bottom: 40.0)
  /// Points of the training curve; more steps are averaged.
  private static let mostPoints = 480

  static func svg(_ history: [StepMetrics], title: String) -> String {
    let training = averaged(history.filter { $0.loss.isFinite })
    let validation = history.compactMap { metrics in
      metrics.validationLoss.flatMap { $0.isFinite ? (Double(metrics.step), $0) : nil }
    }
    let all = training + validation
    let (low, high) = (all.map(\.1).min() ?? 0, all.map(\.1).max() ?? 1)
    let ticks = roundTicks(low, high)
    let (bottom, top) = (min(ticks.first ?? low, low), max(ticks.last ?? high, high))
    let last = max(all.map(\.0).max() ?? 1, 1)
    func x(_ step: Double) -> String { number(margin.left + step / last * (width - margin.left - margin.right)) }
    func y(_ loss: Double) -> String {
      let part = top > bottom ? (loss - bottom) / (top - bottom) : 0.5
      return number(height - margin.bottom - part * (height - margin.top - margin.bottom))
    }
    func line(_ points: [(Double, Double)], _ style: String) -> String {
      "<polyline fill=\"none\" \(style) points=\"\(points.map { "\(x($0.0)),\(y($0.1))" }.joined(separator: " "))\"/>\n"
    }
    var svg = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(number(width)) \(number(height))" \
      font-family="sans-serif" font-size="12">
      <rect width="100%" height="100%" fill="white"/>
      <text x="\(number(margin.left))" y="18" font-size="14">\(escaped(title))</text>

      """
    for tick in ticks {
      svg += """
        <line x1="\(x(0))" x2="\(x(last))" y1="\(y(tick))" y2="\(y(tick))" stroke="#ddd"/>
        <text x="\(number(margin.left - 6))" y="\(y(tick))" dy="4" text-anchor="end">\(number(tick))</text>

        """
    }
    for step in roundTicks(0, last).filter({ $0 >= 0 && $0 <= last }) {
      svg += "<text x=\"\(x(step))\" y=\"\(number(height - 20))\" text-anchor=\"middle\">\(number(step))</text>\n"
    }
    svg += "<text x=\"\(number(width / 2))\" y=\"\(number(height - 4))\" text-anchor=\"middle\">update</text>\n"
    svg += line(training, "stroke=\"#4477aa\"")
    if !validation.isEmpty {
      svg += line(validation, "stroke=\"#cc3311\" stroke-width=\"2\"")
      for point in validation {
        svg += "<circle cx=\"\(x(point.0))\" cy=\"\(y(point.1))\" r=\"2.5\" fill=\"#cc3311\"/>\n"
      }
    }
    let legend = width - margin.right - 8
    svg += "<text x=\"\(number(legend))\" y=\"44\" text-anchor=\"end\" fill=\"#4477aa\">training loss</text>\n"
    if let best = validation.min(by: { $0.1 < $1.1 }) {
      svg += """
        <text x="\(number(legend))" y="60" text-anchor="end" fill="#cc3311">held-out loss, best \
        \(number(best.1)) at \(number(best.0))</text>

        """
    }
    return svg + "</svg>\n"
  }

  private static func averaged(_ history: [StepMetrics]) -> [(Double, Double)] {
    let size = max((history.count + mostPoints - 1) / mostPoints, 1)
    return stride(from: 0, to: history.count, by: size).map { start in
      let part = history[start..<min(start + size, history.count)]
      let count = Double(part.count)
      return (part.reduce(0) { $0 + Double($1.step) } / count, part.reduce(0) { $0 + $1.loss } / count)
    }
  }

  /// Four to nine numbers of few digits that span a range.
  private static func roundTicks(_ low: Double, _ high: Double) -> [Double] {
    guard high > low, (high - low).isFinite else { return [low] }
    var unit = 1.0
    while unit * 8 < high - low { unit *= 10 }
    while unit > (high - low) / 0.8 { unit /= 10 }
    let step = [0.1, 0.2, 0.25, 0.5, 1].map { $0 * unit }.first { (high - low) / $0 <= 8 } ?? unit
    let first = (low / step).rounded(.down)
    let last = (high / step).rounded(.up)
    return (0...Int(min(last - first, 20))).map { (first + Double($0)) * step }
  }

  /// At most four decimals.
  private static func number(_ value: Double) -> String {
    let scaled = (value * 10_000).rounded()
    guard scaled.isFinite, abs(scaled) < 1e15 else { return "0" }
    let whole = Int(scaled)
    if whole % 10_000 == 0 { return String(whole / 10_000) }
    let digits = String(whole.magnitude)
    let padded = String(repeating: "0", count: max(5 - digits.count, 0)) + digits
    var text = "\(padded.dropLast(4)).\(padded.suffix(4))"
    while text.last == "0" { text.removeLast() }
    return (whole < 0 ? "-" : "") + text
  }

  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      default: result.append(character)
      }
    }
  }
}
