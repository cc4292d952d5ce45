import AttendBase
import AttendTensor

/// Where the time of a prompt or of a decode step went, for people and for programs.
struct ProfileReport: Sendable {
  struct Row: Sendable {
    let name: String
    let calls: Double
    let seconds: Double
    let bytes: Double
    let operations: Double
    let regions: Double
    let allocations: Double
  }

  /// The costliest operations first, then what ran between them.
  let rows: [Row]
  let total: Row
  /// Requests for memory that reached the operating system.
  let systemAllocations: Double
  /// Bytes of weights and caches that a step cannot avoid to read.
  let requiredBytes: Double

  /// - Parameter steps: the profile holds so many; the report is of one.
  init(_ profile: Profile, steps: Int) {
    let count = Double(max(steps, 1))
    func row(_ name: String, _ calls: Int, _ cost: Profile.Cost, _ work: Profile.Work) -> Row {
      Row(
        name: name, calls: Double(calls) / count, seconds: Double(cost.nanoseconds) / 1e9 / count,
        bytes: Double(work.bytes) / count, operations: Double(work.operations) / count,
        regions: Double(cost.regions) / count, allocations: Double(cost.allocations) / count)
    }
    let none = Profile.Work(bytes: 0, operations: 0)
    let entries = profile.entries.sorted { $0.cost.nanoseconds > $1.cost.nanoseconds }
    rows =
      entries.map { entry in
        row(entry.kind.rawValue + (entry.name.isEmpty ? "" : " " + entry.name), entry.calls, entry.cost, entry.work)
      } + [row("everything else", 0, profile.remainder, none)]
    var work = none
    for entry in entries {
      work.bytes += entry.work.bytes
      work.operations += entry.work.operations
    }
    total = row("total", entries.reduce(0) { $0 + $1.calls }, profile.total, work)
    systemAllocations = Double(profile.total.systemAllocations) / count
    requiredBytes =
      entries.filter { $0.kind == .product || $0.kind == .attention }.reduce(0) { $0 + Double($1.work.bytes) } / count
  }

  /// A table under a title, one operation a line; rates in the share of the machine's peaks too.
  func table(_ title: String, _ peaks: MachinePeaks) -> String {
    let header = ["", "calls", "µs", "%", "MB", "GB/s", "% peak", "MFLOP", "GFLOP/s", "% peak", "regions", "allocs"]
    let lines = [header] + (rows + [total]).map { cells($0, peaks) }
    let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    let text = lines.map { line in
      zip(line, widths).enumerated().map { column, cell in
        let padding = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 0 ? cell.0 + padding : padding + cell.0
      }.joined(separator: "  ")
    }
    return title + "\n" + text.joined(separator: "\n") + "\n"
  }

  private func cells(_ row: Row, _ peaks: MachinePeaks) -> [String] {
    func rate(_ amount: Double, _ unit: Double, _ peak: Double) -> [String] {
      guard amount > 0, row.seconds > 0 else { return ["", "", ""] }
      let rate = amount / row.seconds
      return [
        Numbers.fixed(amount / 1e6, 2), Numbers.fixed(rate / unit, 1), Numbers.fixed(100 * rate / peak, 0),
      ]
    }
    return [row.name, row.calls > 0 ? Numbers.fixed(row.calls, 0) : "", Numbers.fixed(row.seconds * 1e6, 1)]
      + [Numbers.fixed(total.seconds > 0 ? 100 * row.seconds / total.seconds : 0, 1)]
      + rate(row.bytes, 1e9, peaks.bytesPerSecond) + rate(row.operations, 1e9, peaks.operationsPerSecond)
      + [Numbers.fixed(row.regions, 0), Numbers.fixed(row.allocations, 0)]
  }

  var json: JSON {
    func object(_ row: Row) -> JSON {
      [
        "operation": JSON(row.name), "calls": JSON(row.calls), "seconds": JSON(row.seconds), "bytes": JSON(row.bytes),
        "float_operations": JSON(row.operations), "parallel_regions": JSON(row.regions),
        "allocations": JSON(row.allocations),
      ]
    }
    return [
      "operations": JSON(rows.map(object)), "total": object(total), "system_allocations": JSON(systemAllocations),
    ]
  }
}
