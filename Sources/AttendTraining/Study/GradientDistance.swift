import AttendNN
import AttendTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Task A: the size of ∂(state at T) / ∂(input at T − k) as a function of k, before and after a short training on the
/// adding problem. Bengio et al. 1994; Pascanu et al. 2013, arXiv:1211.5063.
package struct GradientDistance: Sendable {
  private static let length = 200
  private static let width = 64
  package static let fresh = "gradient at initialisation"
  package static let trained = "gradient after training"

  private let seeds: [UInt64]
  private let plan: TrainingPlan
  private let trainingLength: Int
  private let batch: Int

  package init(tier: StudyTier, seeds: [UInt64]) {
    self.seeds = seeds
    (plan, trainingLength, batch) =
      switch tier {
      case .smoke: (TrainingPlan(steps: 40, learningRate: 3e-3), 50, 16)
      case .standard: (TrainingPlan(steps: 200, learningRate: 3e-3), 100, 32)
      case .full: (TrainingPlan(steps: 1000, learningRate: 3e-3), 200, 32)
      }
  }

  /// For a test: any number of steps.
  package init(seeds: [UInt64], plan: TrainingPlan, trainingLength: Int, batch: Int) {
    self.seeds = seeds
    self.plan = plan
    self.trainingLength = trainingLength
    self.batch = batch
  }

  private static let models: [Architecture] = [.tanhRNN, .identityRNN, .lstm1, .lstm3, .gru, .transformer1]

  package static func shape(_ architecture: Architecture) -> SequenceReader.Shape {
    SequenceReader.Shape(
      architecture: architecture, input: .features(2), width: width, intermediate: 2 * width, outputs: 1)
  }

  package func run(_ workers: StudyWorkers) throws -> StudyResult {
    let jobs: [@Sendable () throws -> [[Double]?]] = Self.models.flatMap { architecture in
      seeds.map { seed in { @Sendable () throws -> [[Double]?] in try stages(architecture, seed, workers) } }
    }
    let profiles = try workers.run(jobs)
    let places = Set([1] + Array(stride(from: 0, to: Self.length, by: 10)).dropFirst() + [Self.length - 1]).sorted()
    let measures = [Self.fresh, Self.trained].enumerated().map { stage, name in
      StudyMeasure(
        name: name, axis: "steps back", isLogarithmic: true, shown: [1, 20, 50, 100, 199],
        series: Self.models.enumerated().map { index, architecture in
          let ofSeeds = profiles[index * seeds.count..<(index + 1) * seeds.count].map { $0[stage] }
          return StudySeries(
            name: architecture.rawValue, note: "\(Self.shape(architecture).parameterCount) parameters",
            points: places.map { place in StudyPoint(x: Double(place), values: ofSeeds.map { $0?[place] }) })
        })
    }
    var result = StudyResult(
      task: .gradientDistance,
      setup: [
        "width \(Self.width), sequences of \(Self.length) steps of the adding problem; Frobenius norm of the whole "
          + "Jacobian of the last state, relative to that of one step back",
        "training: \(plan.steps) updates of \(batch) sequences of length \(trainingLength), rate \(plan.learningRate); "
          + StudyText.count(seeds.count, "seed"),
      ], measures: measures)
    judge(&result)
    return result
  }

  /// The profile of a fresh model and of the trained one; nil for a training that diverged.
  private func stages(
    _ architecture: Architecture, _ seed: UInt64, _ workers: StudyWorkers
  ) throws -> [[Double]?] {
    let shape = Self.shape(architecture)
    var learner = SequenceReader.learner(shape, seed: seed)
    func profile() throws -> [Double] {
      try Self.profile(
        WeightScope.build(around: learner.parameters) { SequenceReader($0, shape) }, length: Self.length,
        width: Self.width,
        inputs: AddingBatch(count: 1, length: Self.length, random: StudyStream.inputs.random(seed)).inputs)
    }
    let before = try profile()
    let isFinite = try plan.train(&learner, workers) { model, step in
      AddingBatch(count: batch, length: trainingLength, random: StudyStream.training.random(seed, step)).error(model)
    }
    return [before, isFinite ? try profile() : nil]
  }

  /// ‖∂s_T/∂x_{T−k}‖ for k in 0..<length, divided by that of k = 1.
  ///
  /// One backward pass gives all of the Jacobian: the sequence is there once for each component of the last state, and
  /// each copy asks for the gradient of its own component. Gradients are scaled up by 2¹⁰⁰ on their way, so that
  /// float32 reaches down to about 10⁻⁶⁸, and their squares are summed in double.
  /// - Parameter inputs: `[length, features]`.
  package static func profile(_ model: SequenceReader, length: Int, width: Int, inputs: Tensor) -> [Double] {
    let scale: Float = 0x1p100
    let features = inputs.shape[1]
    let copies = Tensor.concatenated(Array(repeating: inputs, count: width), axis: 0).leaf()
    var pass = ForwardPass(lengths: Array(repeating: length, count: width))
    let states = model.states(copies, &pass)
    var upstream = [Float](repeating: 0, count: width * length * width)
    for copy in 0..<width { upstream[((copy + 1) * length - 1) * width + copy] = scale }
    let gradients = Tensor.gradients(
      of: states, upstream: Tensor(upstream, shape: states.shape), with: [copies])[0].scalars(Float.self)
    var squares = [Double](repeating: 0, count: length)
    for copy in 0..<width {
      for place in 0..<length {
        for feature in 0..<features {
          let value = Double(gradients[(copy * length + place) * features + feature]) / Double(scale)
          squares[length - 1 - place] += value * value
        }
      }
    }
    let reference = squares[1].squareRoot()
    return squares.map { reference > 0 ? $0.squareRoot() / reference : 0 }
  }

  private func judge(_ result: inout StudyResult) {
    guard let fresh = result.measure(Self.fresh), let trained = result.measure(Self.trained) else { return }
    func at(_ model: Architecture, _ place: Double, _ measure: StudyMeasure? = nil) -> Double {
      (measure ?? fresh).median(model.rawValue, place) ?? .nan
    }
    let ratio = at(.lstm3, 100) / max(at(.tanhRNN, 100), 1e-300)
    result.claims = [
      StudyClaim(
        text:
          "at initialisation, 100 steps back, an LSTM with forget bias 3 keeps at least 10⁶ times the gradient of a "
          + "tanh RNN",
        measured: "\(StudyText.number(ratio)) times", holds: ratio >= 1e6),
      StudyClaim(
        text: "at initialisation an LSTM with forget bias 1 loses more than 99.9 % of the gradient over 100 steps",
        measured: "\(StudyText.number(at(.lstm1, 100))) is left", holds: at(.lstm1, 100) < 1e-3),
      StudyClaim(
        text:
          "a Transformer's gradient does not decay with distance: 100 and 199 steps back it is within a factor 10 of "
          + "that of one step back",
        measured: "\(StudyText.number(at(.transformer1, 100))) and \(StudyText.number(at(.transformer1, 199)))",
        holds: [100.0, 199].allSatisfy { (0.1...10).contains(at(.transformer1, $0)) }),
    ]
    result.findings = [
      "“LSTM fixes vanishing gradients” is false at initialisation unless the forget bias is raised: 100 steps back "
        + "\(StudyText.number(at(.lstm1, 100))) of the gradient is left with bias 1 and "
        + "\(StudyText.number(at(.lstm3, 100))) with bias 3; GRU \(StudyText.number(at(.gru, 100))), tanh RNN "
        + "\(StudyText.number(at(.tanhRNN, 100))).",
      "A plain RNN can keep its gradient too, when it begins by copying its state: the identity-ReLU RNN has "
        + "\(StudyText.number(at(.identityRNN, 100))).",
      "Training changes the picture: after \(plan.steps) updates, 100 steps back, LSTM with bias 1 "
        + "\(StudyText.number(at(.lstm1, 100, trained))), bias 3 \(StudyText.number(at(.lstm3, 100, trained))), GRU "
        + "\(StudyText.number(at(.gru, 100, trained))), tanh RNN \(StudyText.number(at(.tanhRNN, 100, trained))).",
    ]
  }
}
