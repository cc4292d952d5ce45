import AttendTraining

/// A study's numbers as text for a terminal.
enum StudyTable {
  private static let nameWidth = 22

  /// One task: how it was measured, its tables, the claims and what follows.
  static func text(_ result: StudyResult) -> String {
    var time = "\(Numbers.fixed(result.seconds, 1)) s"
    if result.rememberedRuns > 0 { time += " and \(StudyText.count(result.rememberedRuns, "earlier run"))" }
    var lines = ["", "\(result.task.rawValue)  \(result.task.title)  (\(time))"]
    lines += result.setup.flatMap { wrapped($0, indent: 3) }
    for measure in result.measures { lines += [""] + table(measure) }
    lines.append("")
    for claim in result.claims {
      lines += wrapped(
        "\(claim.text): \(claim.measured)", indent: 20, first: claim.holds ? "   holds" : "   does not hold")
    }
    lines.append("")
    lines += result.findings.flatMap { wrapped($0, indent: 5, first: "   –") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The last lines of a report.
  static func summary(_ report: StudyReport) -> String {
    let failed = report.claims.filter { !$0.holds }
    let verdict =
      failed.isEmpty
      ? "all \(report.claims.count) claims hold" : "\(failed.count) of \(report.claims.count) claims do not hold"
    let seconds = report.tasks.reduce(0) { $0 + $1.seconds }
    return """

      \(report.tier.rawValue): \(verdict); \(Numbers.fixed(seconds, 0)) s
      \(report.processor), \(report.instructionSet), \(report.threads) threads; version \(report.version), seed \
      \(report.seed); medians over seeds, ranges below them, ✗ runs that did not learn in this budget

      """
  }

  // MARK: Tables

  private static func table(_ measure: StudyMeasure) -> [String] {
    let places = measure.shown ?? Array(Set(measure.series.flatMap { $0.points.map(\.x) })).sorted()
    let rows = measure.series.map { series in (series, places.map { cell(series[$0]) }) }
    let heads = places.map(StudyText.number)
    let widths = heads.indices.map { column in
      max(heads[column].count, rows.map { max($0.1[column].median.count, $0.1[column].range.count) }.max() ?? 0) + 2
    }
    func line(_ name: String, _ cells: [String], _ note: String = "") -> String {
      var line = "   " + left(name, nameWidth)
      for (cell, width) in zip(cells, widths) { line += right(cell, width) }
      if !note.isEmpty { line += "   " + note }
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
    let unit = measure.unit.isEmpty ? "" : " in \(measure.unit)"
    var lines = ["   \(measure.name)\(unit), by \(measure.axis)", line("", heads)]
    for (series, cells) in rows {
      lines.append(line(series.name, cells.map { $0.median }, series.note))
      if cells.contains(where: { !$0.range.isEmpty }) { lines.append(line("", cells.map { $0.range })) }
    }
    for reference in measure.references { lines.append("   \(reference.name): \(StudyText.number(reference.value))") }
    return lines
  }

  /// The median with the number of failures, and the range of several seeds.
  private static func cell(_ point: StudyPoint?) -> (median: String, range: String) {
    guard let point else { return ("", "") }
    var median = point.median.map(StudyText.number) ?? "–"
    if point.failures > 0 { median += " ✗\(point.failures)/\(point.values.count)" }
    guard let low = point.minimum, let high = point.maximum, low < high else { return (median, "") }
    return (median, "\(StudyText.number(low))–\(StudyText.number(high))")
  }

  private static func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(width - text.count, 0))
  }

  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(width - text.count, 0)) + text
  }

  /// Lines of at most 100 columns.
  private static func wrapped(_ text: String, indent: Int, first: String = "") -> [String] {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = left(first, indent)
    var isEmpty = true
    for word in text.split(separator: " ") {
      if !isEmpty, line.count + 1 + word.count > 100 {
        lines.append(line)
        (line, isEmpty) = (margin, true)
      }
      line += (isEmpty ? "" : " ") + String(word)
      isEmpty = false
    }
    return lines + [line]
  }
}
