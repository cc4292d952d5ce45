import AttendBase
import AttendNN
import AttendTensor

/// Task C: associative recall by attention and by recurrence, models of equal size.
package struct RecallStudy: Sendable {
  package static let accuracy = "recall"
  private static let learned = 0.9
  private static let width = 64
  private static let claimedPairs = 8

  package var pairs: [Int]
  /// Keys, and values, in the vocabulary.
  package var keys: Int
  package var steps: Int
  package var batch: Int
  package var rates: [Double]
  package var seeds: [UInt64]
  package var testSize = 128

  package init(
    pairs: [Int], keys: Int, steps: Int, batch: Int, rates: [Double], seeds: [UInt64], testSize: Int = 128
  ) {
    self.pairs = pairs
    self.keys = keys
    self.steps = steps
    self.batch = batch
    self.rates = rates
    self.seeds = seeds
    self.testSize = testSize
  }

  private static let models: [Architecture] = [.transformer2, .transformer1, .lstm1, .gru]

  package func shape(_ architecture: Architecture) -> SequenceReader.Shape {
    var shape = SequenceReader.Shape(
      architecture: .transformer2, input: .tokens(2 * keys), width: Self.width, intermediate: 2 * Self.width,
      embedded: Self.width, outputs: keys)
    guard architecture != .transformer2 else { return shape }
    let count = shape.parameterCount
    shape.architecture = architecture
    return SequenceReader.shape(shape, parameters: count)
  }

  package func run(_ workers: StudyWorkers) throws -> StudyResult {
    let entries = pairs.reversed().flatMap { pairs in
      Self.models.map { architecture in
        Contest.Entry(model: architecture.rawValue, condition: Double(pairs)) { rate, seed in
          try train(architecture, pairs: pairs, rate: rate, seed: seed, workers)
        }
      }
    }
    let contest = Contest(entries: entries, rates: rates, seeds: seeds)
    let standings = try contest.run(workers)
      .sorted { $0.condition < $1.condition }
    let notes = Dictionary(
      uniqueKeysWithValues: Self.models.map { ($0.rawValue, "\(shape($0).parameterCount) parameters") })
    var result = StudyResult(
      task: .associativeRecall,
      setup: [
        "width \(Self.width), \(keys) keys and \(keys) values; \(steps) updates of \(batch) sequences, tested on "
          + "\(testSize) others; \(StudyText.count(seeds.count, "seed")); "
          + contest.ratesText,
        "✗: below \(StudyText.percent(Self.learned)), not learned in this budget",
      ],
      measures: [
        StudyMeasure(
          name: Self.accuracy, axis: "pairs", isAxisLogarithmic: true,
          references: [.init(name: "chance", value: 1 / Double(keys))],
          series: standings.series(Self.accuracy, notes: notes) { $0 >= Self.learned })
      ])
    judge(&result)
    return result
  }

  private func train(
    _ architecture: Architecture, pairs: Int, rate: Double, seed: UInt64, _ workers: StudyWorkers
  ) throws -> Contest.Outcome {
    let shape = shape(architecture)
    var learner = SequenceReader.learner(shape, seed: seed)
    let plan = TrainingPlan(steps: steps, learningRate: rate)
    func logits(_ model: SequenceReader, _ batch: RecallBatch) -> Tensor {
      var pass = ForwardPass(lengths: batch.lengths)
      return model(tokens: batch.tokens, rows: batch.rows, &pass)
    }
    let isFinite = try plan.train(&learner, workers) { model, step in
      let batch = RecallBatch(
        count: batch, pairs: pairs, keys: keys, random: StudyStream.training.random(seed, step))
      return logits(model, batch).crossEntropy(targets: Tensor(batch.answers))
    }
    guard isFinite else { return Contest.Outcome() }
    let model = try learner.model()
    func accuracy(_ stream: StudyStream) -> Double {
      let batch = RecallBatch(count: testSize, pairs: pairs, keys: keys, random: stream.random(seed))
      let guesses = logits(model, batch).argmax().scalars(Int64.self)
      return Double(zip(guesses, batch.answers).count { $0 == Int64($1) }) / Double(batch.answers.count)
    }
    return Contest.Outcome(
      validation: -accuracy(.validation), tests: [Self.accuracy: [Double(pairs): accuracy(.test)]])
  }

  private func judge(_ result: inout StudyResult) {
    // The claims are about few pairs, which the budget of every tier suffices to learn; more pairs are a finding.
    guard let recall = result.measure(Self.accuracy), let most = pairs.filter({ $0 <= Self.claimedPairs }).max()
    else { return }
    func at(_ model: Architecture) -> Double { recall.median(model.rawValue, Double(most)) ?? .nan }
    let two = at(.transformer2)
    func claim(_ other: Architecture) -> StudyClaim {
      StudyClaim(
        text:
          "with \(most) pairs a 2-layer Transformer recalls at least 0.3 more than \(other.rawValue) of the same size",
        measured: "\(StudyText.percent(two)) and \(StudyText.percent(at(other)))", holds: two >= at(other) + 0.3)
    }
    result.claims = [claim(.gru), claim(.lstm1), claim(.transformer1)]
    result.findings = [
      "Looking up takes two attention layers: the first tells each value which key stands before it, the second finds "
        + "the key. One layer has \(StudyText.percent(at(.transformer1))), two have \(StudyText.percent(two)).",
      "A recurrent state of fixed size must hold all pairs before it knows which one is asked for: in this budget LSTM "
        + "\(StudyText.percent(at(.lstm1))), GRU \(StudyText.percent(at(.gru))).",
    ]
    for more in pairs.filter({ $0 > most }).sorted() {
      let learnings = Self.models.map { model in
        let point = recall.series.first { $0.name == model.rawValue }?[Double(more)]
        let runs = point?.values.count ?? 0
        return "\(model.rawValue) in \(runs - (point?.failures ?? runs)) of \(runs) runs"
      }
      result.findings.append(
        "\(more) pairs take longer to learn; in this budget: " + learnings.joined(separator: ", ") + ".")
    }
  }
}

extension RecallStudy {
  package init(tier: StudyTier, seeds: [UInt64]) {
    switch tier {
    case .smoke: self.init(pairs: [8], keys: 16, steps: 350, batch: 32, rates: [3e-3], seeds: seeds)
    case .standard: self.init(pairs: [4, 8], keys: 16, steps: 600, batch: 32, rates: [1e-3, 3e-3], seeds: seeds)
    case .full:
      self.init(pairs: [4, 8, 16], keys: 32, steps: 2000, batch: 32, rates: [1e-3, 3e-3, 1e-2], seeds: seeds)
    }
  }
}
