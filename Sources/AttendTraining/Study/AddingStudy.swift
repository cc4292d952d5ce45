import AttendBase
import AttendNN
import AttendTensor

/// Task B: the adding problem at several lengths, models of equal size.
package struct AddingStudy: Sendable {
  package static let error = "mean squared error"
  /// Below this share of the constant answer's error a model has learned something.
  private static let learned = 0.5

  package var lengths: [Int]
  package var steps: Int
  package var batch: Int
  package var parameters: Int
  package var rates: [Double]
  package var seeds: [UInt64]
  /// Sequences of the validation and of the test set.
  package var testSize = 256

  package init(
    lengths: [Int], steps: Int, batch: Int, parameters: Int, rates: [Double], seeds: [UInt64], testSize: Int = 256
  ) {
    self.lengths = lengths
    self.steps = steps
    self.batch = batch
    self.parameters = parameters
    self.rates = rates
    self.seeds = seeds
    self.testSize = testSize
  }

  private static let models: [Architecture] = [.tanhRNN, .identityRNN, .lstm1, .lstm3, .gru, .transformer1]

  package static func shape(_ architecture: Architecture, parameters: Int) -> SequenceReader.Shape {
    SequenceReader.shape(
      SequenceReader.Shape(architecture: architecture, input: .features(2), width: 32, outputs: 1),
      parameters: parameters)
  }

  package func run(_ workers: StudyWorkers) throws -> StudyResult {
    let entries = lengths.flatMap { length in
      Self.models.map { architecture in
        Contest.Entry(model: architecture.rawValue, condition: Double(length)) { rate, seed in
          try train(architecture, length: length, rate: rate, seed: seed, workers)
        }
      }
    }
    let contest = Contest(entries: entries, rates: rates, seeds: seeds)
    let standings = try contest.run(workers)
    let notes = Dictionary(
      uniqueKeysWithValues: Self.models.map {
        ($0.rawValue, "\(Self.shape($0, parameters: parameters).parameterCount) parameters")
      })
    var result = StudyResult(
      task: .addingProblem,
      setup: [
        "\(steps) updates of \(batch) sequences, tested on \(testSize) others; \(StudyText.count(seeds.count, "seed")); "
          + contest.ratesText,
        "always answering 1 gives an error of 1/6 ≈ 0.167; “not learned in this budget” (✗) is an error above half of it",
      ],
      measures: [
        StudyMeasure(
          name: Self.error, axis: "length", isLogarithmic: true,
          references: [.init(name: "always 1", value: AddingBatch.baseline)],
          series: standings.series(Self.error, notes: notes) { $0 < Self.learned * AddingBatch.baseline })
      ])
    judge(&result)
    return result
  }

  private func train(
    _ architecture: Architecture, length: Int, rate: Double, seed: UInt64, _ workers: StudyWorkers
  ) throws -> Contest.Outcome {
    let shape = Self.shape(architecture, parameters: parameters)
    var learner = SequenceReader.learner(shape, seed: seed)
    let plan = TrainingPlan(steps: steps, learningRate: rate)
    let isFinite = try plan.train(&learner, workers) { model, step in
      AddingBatch(count: batch, length: length, random: StudyStream.training.random(seed, step)).error(model)
    }
    guard isFinite else { return Contest.Outcome() }
    let model = try learner.model()
    func error(_ stream: StudyStream) -> Double {
      AddingBatch(count: testSize, length: length, random: stream.random(seed)).error(model).item()
    }
    return Contest.Outcome(validation: error(.validation), tests: [Self.error: [Double(length): error(.test)]])
  }

  private func judge(_ result: inout StudyResult) {
    guard let errors = result.measure(Self.error), let longest = lengths.last.map(Double.init) else { return }
    func at(_ model: Architecture) -> Double { errors.median(model.rawValue, longest) ?? .nan }
    let baseline = AddingBatch.baseline
    result.claims = [
      StudyClaim(
        text: "at length \(Int(longest)) a tanh RNN does not beat the constant answer by a fifth in this budget",
        measured: "error \(StudyText.number(at(.tanhRNN)))", holds: at(.tanhRNN) > 0.8 * baseline),
      StudyClaim(
        text: "at length \(Int(longest)) a GRU of the same size halves the constant answer's error in the same budget",
        measured: "error \(StudyText.number(at(.gru)))", holds: at(.gru) < 0.5 * baseline),
    ]
    let names = errors.series.map { series in
      "\(series.name) \(series[longest].map { $0.values.count - $0.failures } ?? 0)/\(seeds.count)"
    }
    result.findings = [
      "Learned at length \(Int(longest)) in this budget, of the seeds: \(names.joined(separator: ", ")). "
        + "What is not learned here may be learned with more updates: this says nothing about what a model can do."
    ]
  }
}

extension AddingStudy {
  package init(tier: StudyTier, seeds: [UInt64]) {
    switch tier {
    case .smoke:
      self.init(lengths: [50], steps: 400, batch: 32, parameters: 5000, rates: [1e-2], seeds: seeds)
    case .standard:
      self.init(lengths: [50, 100], steps: 1000, batch: 32, parameters: 7000, rates: [3e-3, 1e-2], seeds: seeds)
    case .full:
      self.init(
        lengths: [50, 100, 200], steps: 3000, batch: 32, parameters: 7000, rates: [1e-3, 3e-3, 1e-2], seeds: seeds)
    }
  }
}
