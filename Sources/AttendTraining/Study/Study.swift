import AttendBase
import AttendTensor

/// What a run of the study may cost.
public enum StudyTier: String, Sendable, CaseIterable {
  /// About 90 seconds on two cores: the robust effects alone.
  case smoke
  /// Some minutes.
  case standard
  /// Hours: a grid of learning rates, five seeds and long sequences.
  case full
}

/// The questions of the study.
public enum StudyTask: String, Sendable, CaseIterable {
  case gradientDistance = "A"
  case addingProblem = "B"
  case associativeRecall = "C"
  case translation = "D"
  case lengthCosts = "G"

  public var title: String {
    switch self {
    case .gradientDistance: "How far back does a gradient reach?"
    case .addingProblem: "Which models learn to add two numbers that lie far apart?"
    case .associativeRecall: "Which models look up what they read a moment ago?"
    case .translation: "What does attention do for translation?"
    case .lengthCosts: "What does length cost?"
    }
  }
}

/// RNN, LSTM, GRU, attention and Transformer, compared with this library's own layers.
///
/// Nothing is written anywhere: whoever listens draws.
public struct Study: Sendable {
  public var tier: StudyTier
  public var tasks: [StudyTask]
  /// How many seeds each model is trained with; nil for what the tier has.
  public var seeds: Int?
  /// The first seed; the others follow it.
  public var seed: UInt64
  /// What the report names as the program's version.
  public var version: String
  /// A file where finished runs are written down, so that a study that was ended goes on where it was; nil for none.
  public var journal: String?

  public init(
    tier: StudyTier = .standard, tasks: [StudyTask] = StudyTask.allCases, seeds: Int? = nil, seed: UInt64 = 1,
    version: String, journal: String? = nil
  ) {
    self.tier = tier
    self.tasks = tasks
    self.seeds = seeds
    self.seed = seed
    self.version = version
    self.journal = journal
  }

  /// Runs the tasks one after another, each on all of ``Hardware/threads``.
  /// - Parameters:
  ///   - isCancelled: asked often.
  ///   - onEvent: called from the threads that compute, one call at a time.
  /// - Throws: `CancellationError`; what building models throws; `invalid-input` for the journal of another
  ///   study; `system` where it cannot be written.
  public func run(
    isCancelled: @escaping @Sendable () -> Bool = { false }, onEvent: @escaping @Sendable (StudyEvent) -> Void
  ) throws -> StudyReport {
    let journal = try journal.map { try StudyJournal(path: $0, tier: tier, version: version) }
    var results: [StudyResult] = []
    for task in StudyTask.allCases where tasks.contains(task) {
      let start = ContinuousClock.now
      let workers = StudyWorkers(task: task, journal: journal, isCancelled: isCancelled, onEvent: onEvent)
      var result = try run(task, workers)
      let elapsed = (ContinuousClock.now - start).components
      result.seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
      result.rememberedRuns = journal?.takeRememberedRuns() ?? 0
      results.append(result)
      onEvent(.finished(result))
    }
    return StudyReport(
      version: version, tier: tier, seed: seed, seeds: seeds, processor: Processor.name,
      instructionSet: Hardware.instructionSet, threads: Hardware.threads, tasks: results)
  }

  private func run(_ task: StudyTask, _ workers: StudyWorkers) throws -> StudyResult {
    switch task {
    case .gradientDistance: try GradientDistance(tier: tier, seeds: seeds(of: tier)).run(workers)
    case .addingProblem: try AddingStudy(tier: tier, seeds: seeds(of: tier)).run(workers)
    case .associativeRecall: try RecallStudy(tier: tier, seeds: seeds(of: tier)).run(workers)
    case .translation: try AlignmentStudy(tier: tier, seeds: seeds(of: tier)).run(workers)
    case .lengthCosts: try LengthCosts(tier: tier, seed: seed).run(workers)
    }
  }

  /// Two seeds show no spread; they are what fits a smoke test.
  private func seeds(of tier: StudyTier) -> [UInt64] {
    let count =
      switch tier {
      case .smoke: 2
      case .standard: 3
      case .full: 5
      }
    return (0..<UInt64(clamping: seeds ?? count)).map { seed &+ $0 }
  }
}

/// What happens in a study, as it happens.
public enum StudyEvent: Sendable {
  /// `done` of a task's `total` jobs are finished; the first event of a task has 0.
  case progress(StudyTask, done: Int, total: Int)
  case finished(StudyResult)
}
