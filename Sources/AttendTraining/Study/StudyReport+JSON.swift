import AttendBase

extension StudyReport {
  /// The report for files and programs. Medians, minima and maxima are there for readers; ``init(_:)`` computes them anew.
  public var json: JSON {
    [
      "study": "attend compare", "version": JSON(version), "tier": JSON(tier.rawValue), "seed": JSON(seed),
      "seeds": seeds.map { JSON($0) } ?? .null, "processor": JSON(processor), "instruction_set": JSON(instructionSet),
      "threads": JSON(threads), "all_claims_hold": JSON(claims.allSatisfy(\.holds)), "tasks": JSON(tasks.map(\.json)),
    ]
  }

  /// - Throws: `invalid-input` when it is not a report.
  public init(_ json: JSON) throws(AttendError) {
    let fields = StudyFields(json, "report")
    version = try fields.string("version")
    tier = try fields.named("tier")
    seed = UInt64(max(try fields.integer("seed"), 0))
    seeds = json["seeds"]?.intValue
    processor = try fields.string("processor")
    instructionSet = try fields.string("instruction_set")
    threads = try fields.integer("threads")
    tasks = []
    for task in try fields.list("tasks") { tasks.append(try StudyResult(task)) }
  }
}

extension StudyResult {
  fileprivate var json: JSON {
    [
      "task": JSON(task.rawValue), "title": JSON(task.title), "setup": JSON(setup), "seconds": JSON(seconds),
      "remembered_runs": JSON(rememberedRuns), "measures": JSON(measures.map(\.json)),
      "claims": JSON(
        claims.map { ["text": JSON($0.text), "measured": JSON($0.measured), "holds": JSON($0.holds)] as JSON }),
      "findings": JSON(findings),
    ]
  }

  fileprivate init(_ json: JSON) throws(AttendError) {
    let fields = StudyFields(json, "task")
    task = try fields.named("task")
    setup = try fields.strings("setup")
    measures = []
    for measure in try fields.list("measures") { measures.append(try StudyMeasure(measure)) }
    for claim in try fields.list("claims") {
      let claim = StudyFields(claim, "claim")
      claims.append(
        StudyClaim(
          text: try claim.string("text"), measured: try claim.string("measured"), holds: try claim.flag("holds")))
    }
    findings = try fields.strings("findings")
    seconds = try fields.number("seconds")
    rememberedRuns = json["remembered_runs"]?.intValue ?? 0
  }
}

extension StudyMeasure {
  fileprivate var json: JSON {
    [
      "name": JSON(name), "unit": JSON(unit), "axis": JSON(axis), "is_logarithmic": JSON(isLogarithmic),
      "is_axis_logarithmic": JSON(isAxisLogarithmic), "is_timing": JSON(isTiming),
      "references": JSON(references.map { ["name": JSON($0.name), "value": JSON($0.value)] as JSON }),
      "shown": shown.map { JSON($0.map { JSON($0) }) } ?? .null, "series": JSON(series.map(\.json)),
    ]
  }

  fileprivate init(_ json: JSON) throws(AttendError) {
    let fields = StudyFields(json, "measure")
    name = try fields.string("name")
    unit = try fields.string("unit")
    axis = try fields.string("axis")
    isLogarithmic = try fields.flag("is_logarithmic")
    isAxisLogarithmic = try fields.flag("is_axis_logarithmic")
    isTiming = try fields.flag("is_timing")
    for reference in try fields.list("references") {
      let reference = StudyFields(reference, "reference")
      references.append(Reference(name: try reference.string("name"), value: try reference.number("value")))
    }
    shown = json["shown"]?.arrayValue?.compactMap(\.doubleValue)
    series = []
    for one in try fields.list("series") {
      let fields = StudyFields(one, "series")
      var points: [StudyPoint] = []
      for point in try fields.list("points") { points.append(try StudyPoint(point)) }
      series.append(StudySeries(name: try fields.string("name"), note: try fields.string("note"), points: points))
    }
  }
}

extension StudySeries {
  fileprivate var json: JSON {
    ["name": JSON(name), "note": JSON(note), "points": JSON(points.map(\.json))]
  }
}

extension StudyPoint {
  fileprivate var json: JSON {
    func number(_ value: Double?) -> JSON { value.map { JSON($0) } ?? .null }
    return [
      "x": JSON(x), "values": JSON(values.map(number)), "failures": JSON(failures),
      "learning_rate": number(learningRate), "median": number(median), "minimum": number(minimum),
      "maximum": number(maximum),
    ]
  }

  fileprivate init(_ json: JSON) throws(AttendError) {
    let fields = StudyFields(json, "point")
    x = try fields.number("x")
    values = try fields.list("values").map(\.doubleValue)
    failures = try fields.integer("failures")
    learningRate = json["learning_rate"]?.doubleValue
  }
}

/// The members of one object of a report.
private struct StudyFields {
  private let json: JSON
  private let what: String

  init(_ json: JSON, _ what: String) {
    self.json = json
    self.what = what
  }

  func string(_ key: String) throws(AttendError) -> String { try value(key, json[key]?.stringValue) }
  func number(_ key: String) throws(AttendError) -> Double { try value(key, json[key]?.doubleValue) }
  func integer(_ key: String) throws(AttendError) -> Int { try value(key, json[key]?.intValue) }
  func flag(_ key: String) throws(AttendError) -> Bool { try value(key, json[key]?.boolValue) }
  func list(_ key: String) throws(AttendError) -> [JSON] { try value(key, json[key]?.arrayValue) }
  func strings(_ key: String) throws(AttendError) -> [String] { try list(key).compactMap(\.stringValue) }

  func named<Name: RawRepresentable<String>>(_ key: String) throws(AttendError) -> Name {
    try value(key, Name(rawValue: string(key)))
  }

  private func value<Value>(_ key: String, _ value: Value?) throws(AttendError) -> Value {
    guard let value else {
      throw AttendError(
        .invalidInput, "a \(what) of the study has no right \(quoted(key))",
        hint: "read what `attend compare --json` wrote"
      )
    }
    return value
  }
}
