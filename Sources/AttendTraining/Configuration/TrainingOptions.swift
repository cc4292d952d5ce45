import AttendBase
import AttendNN
import AttendTensor

/// How a model learns, whatever it learns from.
public struct TrainingOptions: Sendable {
  public enum Length: Sendable, Hashable {
    /// Updates of the parameters.
    case steps(Int)
    /// Passes over the data.
    case epochs(Int)
  }

  /// Parameters, order of the data and dropout are functions of it.
  public var seed: UInt64 = 1
  public var length: Length = .steps(1000)
  /// Examples or tokens per forward pass and process.
  public var batch: BatchSampler.Size = .examples(16)
  /// Forward passes per update.
  public var accumulation = 1
  public var precision: Precision = .exact
  public var optimizer: any Optimizer = AdamW()
  /// The most that the norm of all gradients may be; nil for no limit.
  public var clipNorm: Double? = 1
  /// Probability that is spread evenly over the vocabulary. Szegedy et al. 2016, arXiv:1512.00567.
  public var labelSmoothing: Float = 0
  /// β of an exponential average of the parameters, which is then what is evaluated and kept; nil for none.
  public var averaging: Double?
  /// Updates between evaluations; nil evaluates at the end alone.
  public var evaluateEvery: Int?
  /// At most this many batches per evaluation, from the beginning; nil for all.
  public var evaluationBatches: Int?
  /// Evaluations in a row without improvement after which training ends; nil for no such end.
  public var patience: Int?
  /// Updates between checkpoints.
  public var checkpointEvery = 500
  /// Checkpoints that stay; older ones are removed.
  public var keptCheckpoints = 2
  /// Updates between lines of progress where there is no terminal.
  public var logEvery = 10

  public init() {}

  init(_ section: ConfigurationSection) throws(AttendError) {
    let many = 1...1 << 40
    seed = UInt64(try section.integer("seed", default: 1, in: 0...Int.max))
    let steps = try section.optionalInteger("steps", in: 0...1 << 40)
    let epochs = try section.optionalInteger("epochs", in: 1...1 << 20)
    switch (steps, epochs) {
    case (let steps?, nil): length = .steps(steps)
    case (nil, let epochs?): length = .epochs(epochs)
    default:
      throw AttendError(
        .invalidInput, "\(section.place) needs either \"steps\" or \"epochs\"", hint: "give exactly one of them")
    }
    let size = try section.optionalInteger("batch_size", in: 1...1 << 24)
    let tokens = try section.optionalInteger("batch_tokens", in: 1...1 << 30)
    switch (size, tokens) {
    case (let size?, nil): batch = .examples(size)
    case (nil, let tokens?): batch = .tokens(tokens)
    default:
      throw AttendError(
        .invalidInput, "\(section.place) needs either \"batch_size\" or \"batch_tokens\"",
        hint: "give exactly one of them")
    }
    accumulation = try section.integer("accumulation", default: 1, in: 1...1 << 16)
    precision = try section.choice("precision", default: .exact)
    if precision == .int8 {
      throw AttendError(
        .invalidInput, "\(section.place).precision is \"int8\", which is for trained weights",
        hint: "train with \"exact\" or \"fast\", and run the model with --precision int8")
    }
    clipNorm = try section.number("clip_norm", default: 1, in: 0...1e9)
    if clipNorm == 0 { clipNorm = nil }
    labelSmoothing = Float(try section.number("label_smoothing", default: 0, in: 0...0.99))
    averaging = try section.number("averaging", default: 0, in: 0...0.999999)
    if averaging == 0 { averaging = nil }
    evaluateEvery = try section.optionalInteger("evaluate_every", in: many)
    evaluationBatches = try section.optionalInteger("evaluation_batches", in: many)
    patience = try section.optionalInteger("patience", in: many)
    if patience != nil, evaluateEvery == nil {
      throw AttendError(
        .invalidInput, "\(section.place).patience needs \"evaluate_every\"", hint: "patience counts evaluations")
    }
    checkpointEvery = try section.integer("checkpoint_every", default: 500, in: many)
    keptCheckpoints = try section.integer("keep_checkpoints", default: 2, in: 1...1000)
    logEvery = try section.integer("log_every", default: 10, in: many)
    let schedule = try Self.schedule(section, steps: steps)
    optimizer = try Self.optimizer(section, schedule)
    try section.finish()
  }

  // MARK: Optimizers and schedules

  private enum OptimizerName: String, CaseIterable { case adamw, adam, sgd, adafactor, lion }

  private static func optimizer(
    _ training: ConfigurationSection, _ schedule: Schedule
  ) throws(AttendError) -> any Optimizer {
    let given = try training.section("optimizer")
    let section = if let given { given } else { try ConfigurationSection([:], place: training.place + ".optimizer") }
    let name: OptimizerName = try section.choice("name", default: .adamw)
    let decays: WeightDecayRule = try section.choice("decays", default: .matrices)
    func decay(_ fallback: Double) throws(AttendError) -> Double {
      try section.number("weight_decay", default: fallback, in: 0...100)
    }
    func betas(_ second: Double) throws(AttendError) -> (Double, Double) {
      guard let value = section.value("betas") else { return (0.9, second) }
      let numbers = value.arrayValue?.compactMap(\.doubleValue) ?? []
      guard numbers.count == 2, value.arrayValue?.count == 2, numbers.allSatisfy({ $0 >= 0 && $0 < 1 }) else {
        throw section.wrong("betas", value, "two numbers from 0 to below 1")
      }
      return (numbers[0], numbers[1])
    }
    let optimizer: any Optimizer
    switch name {
    case .adamw:
      optimizer = AdamW(
        learningRate: schedule, betas: try betas(0.999),
        epsilon: try section.number("epsilon", default: 1e-8, in: 0...1), weightDecay: try decay(0.01), decays: decays)
    case .adam:
      optimizer = Adam(
        learningRate: schedule, betas: try betas(0.999),
        epsilon: try section.number("epsilon", default: 1e-8, in: 0...1), weightDecay: try decay(0), decays: decays)
    case .sgd:
      optimizer = SGD(
        learningRate: schedule, momentum: try section.number("momentum", default: 0, in: 0...0.9999),
        isNesterov: try section.bool("nesterov", default: false), weightDecay: try decay(0), decays: decays)
    case .adafactor:
      optimizer = Adafactor(
        learningRate: schedule, scalesByParameter: try section.bool("scale_parameter", default: true),
        weightDecay: try decay(0), decays: decays)
    case .lion:
      optimizer = Lion(learningRate: schedule, betas: try betas(0.99), weightDecay: try decay(0), decays: decays)
    }
    try section.finish()
    return optimizer
  }

  private enum ScheduleName: String, CaseIterable {
    case constant, linear, cosine, noam
    case inverseSquareRoot = "inverse_square_root"
    case oneCycle = "one_cycle"
    case relativeStep = "relative_step"
  }

  private static func schedule(_ training: ConfigurationSection, steps: Int?) throws(AttendError) -> Schedule {
    guard let section = try training.section("schedule") else {
      throw training.missing("schedule", "an object such as {\"name\": \"constant\", \"learning_rate\": 0.001}")
    }
    let name: ScheduleName = try section.choice("name", default: .constant)
    let warmup = try section.integer("warmup", default: 0, in: 0...1 << 40)
    func rate() throws(AttendError) -> Double { try section.number("learning_rate", in: 0...1000) }
    func minimum() throws(AttendError) -> Double { try section.number("minimum", default: 0, in: 0...1000) }
    func span() throws(AttendError) -> Int {
      guard let span = try section.optionalInteger("steps", in: 1...1 << 40) ?? steps else {
        throw section.missing("steps", "the number of updates, since training counts epochs")
      }
      return max(span, 1)
    }
    func warmed(_ schedule: Schedule) -> Schedule { warmup > 0 ? .warmup(steps: warmup, then: schedule) : schedule }
    let schedule: Schedule
    switch name {
    case .constant: schedule = warmed(.constant(try rate()))
    case .linear: schedule = warmed(.linear(from: try rate(), to: try minimum(), steps: max(try span() - warmup, 1)))
    case .cosine: schedule = warmed(.cosine(from: try rate(), to: try minimum(), steps: max(try span() - warmup, 1)))
    case .inverseSquareRoot: schedule = .inverseSquareRoot(peak: try rate(), warmup: warmup)
    case .noam:
      schedule = .noam(
        width: try section.integer("width", in: 1...1 << 24), warmup: warmup,
        factor: try section.number("factor", default: 1, in: 0...1000))
    case .relativeStep: schedule = .relativeStep(warmup: warmup > 0)
    case .oneCycle: schedule = .oneCycle(peak: try rate(), steps: try span())
    }
    try section.finish()
    return schedule
  }
}
