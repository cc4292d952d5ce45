import AttendBase
import AttendNN
import AttendTensor

/// Trains one model: batches, gradients, updates, evaluation, checkpoints. What it has to tell goes to `events`.
///
/// Same seed, same bits: whatever the number of threads, and wherever the run was stopped and continued. Several
/// processes share each batch; their gradient is that of one process up to the order of float32 sums.
public final class Trainer<Task: LearningTask> {
  /// Which data there are and how they are walked through.
  struct Plan {
    var data: Task.Data
    var validation: Task.Data?
    var order = BatchSampler.Order.shuffled
    var isBucketed = false
  }

  let task: Task
  let plan: Plan
  let options: TrainingOptions
  let collective: any Collective
  /// Where to save; nil keeps everything in memory.
  let folder: TrainingFolder?
  let events: (TrainingEvent) -> Void
  /// Updates at which the run ends.
  public let steps: Int

  package private(set) var learner: Learner<Task.Model>
  private(set) var optimizer: any Optimizer
  /// Parameters and the optimizer's state are put in for checkpoints only.
  private(set) var state: TrainingState
  private var sampler: BatchSampler
  private var log: MetricsLog?
  private var savedStep: Int?
  private var clock = 0.0
  private var recentLosses: [Double] = []

  /// A trainer that keeps everything in memory.
  /// - Parameters:
  ///   - validation: held-out data.
  ///   - parameters: where to start; drawn from the seed when nil.
  /// - Throws: `invalid-input` without data, `parameter-mismatch`.
  public convenience init(
    _ task: Task, data: Task.Data, validation: Task.Data? = nil, order: BatchSampler.Order = .shuffled,
    options: TrainingOptions, parameters: Parameters? = nil, collective: any Collective = SingleProcess(),
    events: @escaping (TrainingEvent) -> Void = { _ in }
  ) throws {
    let plan = Plan(data: data, validation: validation, order: order)
    try self.init(
      task, plan, options: options, parameters: parameters, collective: collective, folder: nil, isResuming: false,
      events: events)
  }

  init(
    _ task: Task, _ plan: Plan, options: TrainingOptions, parameters: Parameters?, collective: any Collective,
    folder: TrainingFolder?, isResuming: Bool, events: @escaping (TrainingEvent) -> Void
  ) throws {
    guard plan.data.count > 0 else {
      throw AttendError(.invalidInput, "there is no training example", hint: "give more data")
    }
    self.task = task
    self.plan = plan
    self.options = options
    self.collective = collective
    self.folder = folder
    self.events = events
    let initial = parameters ?? WeightScope.fresh(seed: options.seed, task.build).parameters
    optimizer = options.optimizer
    state = TrainingState(parameters: Parameters())
    // A run that was stopped before its first checkpoint starts again, and is the same.
    let resumed = isResuming && folder.map { !$0.savedSteps.isEmpty } ?? false
    if resumed, let folder {
      state = try folder.load(expecting: initial)
      optimizer.state = state.optimizer
      savedStep = state.step
    }
    learner = try Learner(parameters: resumed ? state.parameters : initial, precision: options.precision) {
      task.build($0)
    }
    try optimizer.checkState(against: learner.parameters)
    // What lies in learner and optimizer must have one owner to be changed in place.
    state.parameters = Parameters()
    state.optimizer = OptimizerState()
    if options.averaging == nil { state.average = nil }
    if options.averaging != nil, state.average == nil { state.average = learner.parameters }

    let shares = options.accumulation * collective.count
    let size: BatchSampler.Size =
      switch options.batch {
      case .examples(let count): .examples(count * shares)
      case .tokens(let count): .tokens(count * shares)
      }
    sampler = BatchSampler(
      plan.data, order: plan.order, size: size, isBucketed: plan.isBucketed, seed: options.seed)
    switch options.length {
    case .steps(let count): steps = count
    case .epochs(let count): steps = count * sampler.batchesPerEpoch
    }
    sampler.position = state.position
    guard try collective.agrees(on: Int64(state.step)), try collective.agrees(on: Int64(plan.data.count)) else {
      throw AttendError(
        .invalidInput, "the processes disagree about the data or the checkpoint to continue from",
        hint: "give all of them the same files, on a file system that they share")
    }
    if collective.rank == 0, let folder {
      log = try MetricsLog(path: folder.metricsPath, keepingUpTo: state.step)
    }
  }

  /// The parameters as they are now: the average, when one is kept.
  public var parameters: Parameters { state.average ?? learner.parameters }

  /// The numbers of every step so far; empty for a trainer that keeps everything in memory.
  var history: [StepMetrics] { log?.history ?? [] }

  /// Trains to the end.
  /// - Parameter isCancelled: asked once per update; the run then stops after a checkpoint.
  /// - Throws: `not-a-number` when loss or gradient is none, before it reaches the parameters; `system` when the disk is
  ///   full or another process is lost. Checkpoints written before stay.
  public func run(isCancelled: () -> Bool = { false }) throws -> TrainingSummary {
    events(
      .started(
        TrainingStart(
          parameterCount: learner.parameters.trainableNames.reduce(0) { $0 + (learner.parameters[$1]?.count ?? 0) },
          step: state.step, steps: steps, examples: plan.data.count, heldOutExamples: plan.validation?.count ?? 0,
          processes: collective.count, rank: collective.rank)))
    clock = monotonicSeconds()
    let batches = try StepBatches(
      task, plan.data, sampler, passes: options.accumulation, rank: collective.rank, processes: collective.count)
    let gradients = try GradientSource(learner.parameters, collective)
    var reason = TrainingSummary.Reason.steps
    while state.step < steps {
      if hasLostPatience {
        reason = .patience
        break
      }
      let batch = batches.next()
      let (metrics, wantsStop) = try update(batch, gradients, isCancelled: isCancelled())
      try finish(metrics)
      if wantsStop {
        reason = .cancelled
        break
      }
    }
    if hasLostPatience { reason = .patience }
    try save()
    let summary = TrainingSummary(
      reason: reason, step: state.step,
      loss: recentLosses.isEmpty ? nil : recentLosses.reduce(0, +) / Double(recentLosses.count),
      bestValidation: state.best, tokens: state.tokens, seconds: state.seconds)
    events(.finished(summary))
    return summary
  }

  private var hasLostPatience: Bool {
    options.patience.map { state.evaluationsWithoutImprovement >= $0 } ?? false
  }

  // MARK: One update

  private func update(
    _ batch: StepBatch<Task.Batch>, _ source: GradientSource, isCancelled: Bool
  ) throws -> (StepMetrics, wantsStop: Bool) {
    let task = task
    let passes = batch.passes.enumerated().map { index, pass in
      let training = Training(
        seed: options.seed, step: UInt64(state.step * options.accumulation * collective.count + pass.number))
      let share = Double(pass.predictions) / Double(max(batch.predictions, 1))
      return { [smoothing = options.labelSmoothing] (model: Task.Model) -> Tensor in
        let loss = task.loss(model, pass.batch, smoothing: smoothing, training)
        return share == 1 ? loss : loss * share
      }
    }
    var (loss, gradients) = try source.gradients(learner, passes)
    // One message for what the processes must agree on: the loss, and whether anyone wants to stop.
    var shared = [loss, isCancelled ? 1 : 0]
    if collective.count > 1 { try collective.sum(&shared) }
    loss = shared[0]
    let step = state.step + 1
    guard loss.isFinite else { throw notANumber("the loss is \(loss)", step) }
    let norm = options.clipNorm.map { gradients.clip(norm: $0) } ?? gradients.norm
    guard norm.isFinite else { throw notANumber("the gradient's norm is \(norm)", step) }
    let rate = optimizer.currentRate
    optimizer.update(&learner.parameters, gradients)
    if let averaging = options.averaging { average(averaging) }
    state.step = step
    state.position = batch.position
    state.tokens += batch.predictions
    countTime()
    recentLosses.append(loss)
    if recentLosses.count > 50 { recentLosses.removeFirst() }
    return (
      StepMetrics(
        step: step, loss: loss, learningRate: rate, tokens: state.tokens, gradientNorm: norm, seconds: state.seconds),
      shared[1] > 0
    )
  }

  /// average ← β · average + (1 − β) · parameters, with a smaller β at the beginning, so that the first parameters are
  /// soon forgotten.
  private func average(_ averaging: Double) {
    guard var average = state.average else { return }
    state.average = nil
    let step = Double(state.step)
    let beta = min(averaging, (1 + step) / (10 + step))
    average.scale(by: Float(beta))
    average.add(learner.parameters, times: Float(1 - beta))
    state.average = average
  }

  private func notANumber(_ what: String, _ step: Int) -> AttendError {
    let kept = savedStep.map { "the checkpoint of step \($0) is kept; " } ?? ""
    return AttendError(
      .notANumber, "step \(step): \(what)", hint: kept + "try a smaller learning rate or a longer warm-up")
  }

  private func countTime() {
    let now = monotonicSeconds()
    state.seconds += now - clock
    clock = now
  }

  // MARK: After an update

  private func finish(_ metrics: StepMetrics) throws {
    var metrics = metrics
    let isLast = state.step == steps
    let evaluates = plan.validation.map { $0.count > 0 } ?? false
    if evaluates, isLast || options.evaluateEvery.map({ state.step % $0 == 0 }) ?? false {
      metrics.validationLoss = try evaluate()
    }
    try log?.append(metrics)
    events(.step(metrics))
    if let loss = metrics.validationLoss { try judge(loss) }
    if state.step % options.checkpointEvery == 0 { try save() }
  }

  /// The mean loss on held-out data, without dropout and smoothing; each process measures its share.
  public func evaluate() throws -> Double {
    guard let validation = plan.validation, validation.count > 0 else { return .nan }
    // Packed once for all batches.
    var measured = learner
    measured.parameters = parameters
    let model = try measured.model()
    var sampler = BatchSampler(validation, order: .sequential, size: options.batch, seed: 0)
    let count = min(sampler.batchesPerEpoch, options.evaluationBatches ?? .max)
    // In order of batches, so that the sum has the same bits for any number of threads.
    var sums = [0.0, 0.0]
    for index in 0..<count {
      let examples = sampler.next()
      guard index % collective.count == collective.rank else { continue }
      let batch = task.batch(examples.map { validation[$0] })
      let predictions = Double(task.predictions(batch))
      sums[0] += task.loss(model, batch, smoothing: 0, nil).item() * predictions
      sums[1] += predictions
    }
    if collective.count > 1 { try collective.sum(&sums) }
    countTime()
    return sums[0] / max(sums[1], 1)
  }

  private func judge(_ loss: Double) throws {
    guard loss.isFinite else { throw notANumber("the held-out loss is \(loss)", state.step) }
    let isBest = state.best.map { loss < $0.loss } ?? true
    if isBest {
      state.best = BestValidation(step: state.step, loss: loss)
      state.evaluationsWithoutImprovement = 0
      if collective.rank == 0 { try folder?.publish(parameters) }
    } else {
      state.evaluationsWithoutImprovement += 1
    }
    events(.evaluated(step: state.step, loss: loss, isBest: isBest))
  }

  /// Writes a checkpoint, unless this step has one.
  private func save() throws {
    guard let folder, savedStep != state.step else { return }
    if collective.rank == 0 {
      var complete = state
      complete.parameters = learner.parameters
      complete.optimizer = optimizer.state
      let path = try folder.save(complete, keeping: options.keptCheckpoints)
      if state.best == nil { try folder.publish(parameters) }
      let title = "Loss in nats per token"
      try writeAtomically(to: folder.curvePath, Array(LossCurve.svg(history, title: title).utf8))
      events(.saved(step: state.step, path: path))
    }
    savedStep = state.step
    countTime()
  }
}
