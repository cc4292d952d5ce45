/// What the comparison study found. Timings aside, the same options give the same numbers on every machine with the
/// same instruction-set level, for any number of threads.
public struct StudyReport: Sendable, Equatable {
  /// Version of the program that measured.
  public var version: String
  public var tier: StudyTier
  /// The first seed; the others follow it.
  public var seed: UInt64
  /// Seeds asked for; nil for each task's own number.
  public var seeds: Int?
  /// The processor's name as the system gives it.
  public var processor: String
  /// The kernels' level: `avx2`, `neon`, …
  public var instructionSet: String
  public var threads: Int
  public var tasks: [StudyResult]

  public init(
    version: String, tier: StudyTier, seed: UInt64, seeds: Int? = nil, processor: String, instructionSet: String,
    threads: Int, tasks: [StudyResult]
  ) {
    self.version = version
    self.tier = tier
    self.seed = seed
    self.seeds = seeds
    self.processor = processor
    self.instructionSet = instructionSet
    self.threads = threads
    self.tasks = tasks
  }

  /// The claims that were checked.
  public var claims: [StudyClaim] { tasks.flatMap(\.claims) }
}

/// What one task found.
public struct StudyResult: Sendable, Equatable {
  public var task: StudyTask
  /// How it was measured, a line each.
  public var setup: [String]
  public var measures: [StudyMeasure]
  public var claims: [StudyClaim] = []
  /// What the numbers say about popular statements, in words.
  public var findings: [String] = []
  /// Wall time of the task, without the runs that the journal remembered.
  public var seconds: Double = 0
  /// Runs of which the journal had the result.
  public var rememberedRuns = 0

  public init(
    task: StudyTask, setup: [String], measures: [StudyMeasure], claims: [StudyClaim] = [], findings: [String] = [],
    seconds: Double = 0
  ) {
    self.task = task
    self.setup = setup
    self.measures = measures
    self.claims = claims
    self.findings = findings
    self.seconds = seconds
  }
}

/// A sentence about the measured numbers that a run either bears out or does not.
public struct StudyClaim: Sendable, Equatable {
  public var text: String
  /// The numbers.
  public var measured: String
  public var holds: Bool

  public init(
    text: String, measured: String, holds: Bool
  ) {
    self.text = text
    self.measured = measured
    self.holds = holds
  }
}

/// One quantity of all models over one axis: a table, and a panel of the picture.
public struct StudyMeasure: Sendable, Equatable {
  public var name: String
  /// What the numbers count, empty for ratios.
  public var unit = ""
  /// What lies on the horizontal axis.
  public var axis: String
  public var isLogarithmic = false
  public var isAxisLogarithmic = false
  /// Whether the numbers are times, which differ from run to run.
  public var isTiming = false
  /// Levels to compare with: chance, the best constant answer.
  public var references: [Reference] = []
  /// The places of the axis that a table shows; nil for all.
  public var shown: [Double]?
  public var series: [StudySeries]

  public init(
    name: String, unit: String = "", axis: String, isLogarithmic: Bool = false, isAxisLogarithmic: Bool = false,
    isTiming: Bool = false, references: [Reference] = [], shown: [Double]? = nil, series: [StudySeries]
  ) {
    self.name = name
    self.unit = unit
    self.axis = axis
    self.isLogarithmic = isLogarithmic
    self.isAxisLogarithmic = isAxisLogarithmic
    self.isTiming = isTiming
    self.references = references
    self.shown = shown
    self.series = series
  }

  public struct Reference: Sendable, Equatable {
    public var name: String
    public var value: Double

    public init(
      name: String, value: Double
    ) {
      self.name = name
      self.value = value
    }
  }
}

/// One model's numbers.
public struct StudySeries: Sendable, Equatable {
  public var name: String
  /// Parameters and the like, for the table.
  public var note = ""
  public var points: [StudyPoint]

  public init(
    name: String, note: String = "", points: [StudyPoint]
  ) {
    self.name = name
    self.note = note
    self.points = points
  }

  /// The point at a place of the axis.
  public subscript(x: Double) -> StudyPoint? { points.first { $0.x == x } }
}

/// One quantity at one place of the axis, once for each seed.
public struct StudyPoint: Sendable, Equatable {
  public var x: Double
  /// A number for each seed; nil where a run diverged.
  public var values: [Double?]
  /// Runs that diverged or did not reach what the task counts as learned.
  public var failures: Int
  /// The learning rate that was chosen from the grid, of trained models.
  public var learningRate: Double?

  public init(x: Double, values: [Double?], failures: Int? = nil, learningRate: Double? = nil) {
    self.x = x
    self.values = values
    self.failures = failures ?? values.count { $0 == nil }
    self.learningRate = learningRate
  }

  /// The middle of the runs that did not diverge; of an even number the mean of the two in the middle.
  public var median: Double? {
    let sorted = values.compactMap(\.self).sorted()
    guard let first = sorted.first else { return nil }
    let middle = sorted.count / 2
    if sorted.count == 1 { return first }
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  public var minimum: Double? { values.compactMap(\.self).min() }
  public var maximum: Double? { values.compactMap(\.self).max() }
}

extension StudyResult {
  /// The measure of a name; tasks ask for their own.
  package func measure(_ name: String) -> StudyMeasure? { measures.first { $0.name == name } }
}

extension StudyMeasure {
  /// The median of a model at a place of the axis.
  package func median(_ series: String, _ x: Double) -> Double? { self.series.first { $0.name == series }?[x]?.median }
}
