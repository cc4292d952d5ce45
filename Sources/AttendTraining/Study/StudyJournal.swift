import AttendBase

/// What the finished runs of a study gave, a line of JSON each, so that hours of work outlive the process.
package final class StudyJournal: Sendable {
  private let known: Locked<[String: Contest.Outcome]>
  private let file: Locked<LineLog>
  private let rememberedRuns = Locked(0)

  /// Opens a journal or begins one.
  /// - Throws: `invalid-input` for the journal of another tier or version, or a file that is no journal; `system`.
  package init(path: String, tier: StudyTier, version: String) throws(AttendError) {
    let header: JSON = ["journal": "attend compare", "tier": JSON(tier.rawValue), "version": JSON(version)]
    let lines = LineLog.read(path)
    if Folder.hasFile(path), lines.first != header {
      throw AttendError(
        .invalidInput, "\(path) is not the journal of a \(tier.rawValue) study by version \(version)",
        hint: "name another file, or remove this one to begin anew")
    }
    var outcomes: [String: Contest.Outcome] = [:]
    for line in lines.dropFirst() {
      if let key = line["run"]?.stringValue, let outcome = Contest.Outcome(line) { outcomes[key] = outcome }
    }
    known = Locked(outcomes)
    // Written anew, without what a crash cut short.
    file = Locked(try LineLog(path: path, keeping: [header] + outcomes.sorted { $0.key < $1.key }.map(Self.line)))
  }

  /// What a run gives: from the journal when it is there, else it runs and is written down.
  /// - Parameter key: names the run among all of the study.
  func outcome(_ key: String, _ run: () throws -> Contest.Outcome) throws -> Contest.Outcome {
    if let outcome = known.withLock({ $0[key] }) {
      rememberedRuns.withLock { $0 += 1 }
      return outcome
    }
    let outcome = try run()
    try file.withLock { try $0.append(Self.line(key, outcome)) }
    return outcome
  }

  /// How many runs were not made but read since this was asked last.
  package func takeRememberedRuns() -> Int {
    rememberedRuns.withLock { count in
      defer { count = 0 }
      return count
    }
  }

  private static func line(_ key: String, _ outcome: Contest.Outcome) -> JSON {
    var object = JSON.Object()
    object["run"] = JSON(key)
    object["validation"] = outcome.validation.map { JSON($0) } ?? .null
    object["tests"] = JSON(
      outcome.tests.sorted { $0.key < $1.key }.flatMap { name, points in
        points.sorted { $0.key < $1.key }.map { ["measure": JSON(name), "at": JSON($0), "value": JSON($1)] as JSON }
      })
    return .object(object)
  }
}

extension Contest.Outcome {
  /// nil for a line of a journal that does not say an outcome.
  init?(_ line: JSON) {
    guard let tests = line["tests"]?.arrayValue else { return nil }
    self.init(validation: line["validation"]?.doubleValue)
    for test in tests {
      guard let measure = test["measure"]?.stringValue, let place = test["at"]?.doubleValue else { return nil }
      // What is not finite is written as null.
      self.tests[measure, default: [:]][place] = test["value"]?.doubleValue ?? .nan
    }
  }
}
