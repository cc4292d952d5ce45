import AttendNN
import AttendTensor

/// How a model is trained: AdamW without decay, gradients clipped to norm 1; the rate rises over the first updates, stays,
/// and falls to nothing over the last fifth.
package struct TrainingPlan: Sendable {
  package var steps: Int
  package var learningRate: Double

  package init(
    steps: Int, learningRate: Double
  ) {
    self.steps = steps
    self.learningRate = learningRate
  }

  /// Updates over which the rate rises.
  private static let warmup = 50

  private func rate(_ step: Int) -> Double {
    let (rising, falling) = (min(Self.warmup, steps / 4), max(steps / 5, 1))
    return learningRate * min(1, Double(step + 1) / Double(rising + 1), Double(steps - step) / Double(falling))
  }

  /// - Parameter loss: of a model at a step; draws its batch from the step.
  /// - Returns: false when the loss or a gradient was not finite, where training ends.
  package func train<Model>(
    _ learner: inout Learner<Model>, _ workers: StudyWorkers, _ loss: (Model, _ step: Int) -> Tensor
  ) throws -> Bool {
    var optimizer = AdamW(weightDecay: 0)
    for step in 0..<steps {
      try workers.checkCancellation()
      optimizer.learningRate = .constant(rate(step))
      var (value, gradients) = try learner.gradients { loss($0, step) }
      guard value.isFinite, gradients.clip(norm: 1).isFinite else { return false }
      optimizer.update(&learner.parameters, gradients)
    }
    return true
  }
}

/// Models trained under the same conditions: every model with every learning rate of one grid and the first seeds. The
/// rate with the best median validation score is then used with all seeds.
package struct Contest: Sendable {
  /// One model under one condition.
  package struct Entry: Sendable {
    package var model: String
    /// The condition: a length, a number of pairs.
    package var condition: Double
    /// Trains and tests. The score that chooses among rates is better when smaller.
    package var run: @Sendable (_ learningRate: Double, _ seed: UInt64) throws -> Outcome

    package init(
      model: String, condition: Double,
      run: @escaping @Sendable (_ learningRate: Double, _ seed: UInt64) throws -> Outcome
    ) {
      self.model = model
      self.condition = condition
      self.run = run
    }
  }

  package struct Outcome: Sendable {
    /// On validation data; nil when the run diverged.
    package var validation: Double?
    /// On test data, by name of the measure and place of the axis.
    package var tests: [String: [Double: Double]] = [:]

    package init(
      validation: Double? = nil, tests: [String: [Double: Double]] = [:]
    ) {
      self.validation = validation
      self.tests = tests
    }
  }

  /// What became of an entry.
  package struct Standing: Sendable {
    package var model: String
    package var condition: Double
    package var learningRate: Double
    /// One for each seed.
    package var outcomes: [Outcome]

    package init(
      model: String, condition: Double, learningRate: Double, outcomes: [Outcome] = []
    ) {
      self.model = model
      self.condition = condition
      self.learningRate = learningRate
      self.outcomes = outcomes
    }

    /// The point of a measure at a place of the axis; at the entry's condition when nil.
    package func point(_ measure: String, _ x: Double? = nil, isLearned: (Double) -> Bool) -> StudyPoint {
      let x = x ?? condition
      let values = outcomes.map { $0.tests[measure]?[x] }
      let failures = values.count { value in value.map { !isLearned($0) } ?? true }
      return StudyPoint(x: x, values: values, failures: failures, learningRate: learningRate)
    }
  }

  package var entries: [Entry]
  package var rates: [Double]
  package var seeds: [UInt64]

  package init(
    entries: [Entry], rates: [Double], seeds: [UInt64]
  ) {
    self.entries = entries
    self.rates = rates
    self.seeds = seeds
  }

  /// How many seeds choose among rates. Two keep one unlucky start from deciding; more cost more than they tell.
  private static let choosingSeeds = 2

  /// How the rates are chosen, for a study's description.
  package var ratesText: String {
    let choosing = Self.choosingSeeds < seeds.count ? " by the first \(Self.choosingSeeds) seeds" : ""
    return "rates " + rates.map(StudyText.number).joined(separator: ", ") + ", the best for each model" + choosing
  }

  package func run(_ workers: StudyWorkers) throws -> [Standing] {
    let choosing = seeds.prefix(rates.count > 1 ? Self.choosingSeeds : seeds.count)
    let others = seeds.dropFirst(choosing.count)
    let trials = entries.flatMap { entry in
      rates.map { Standing(model: entry.model, condition: entry.condition, learningRate: $0) }
    }
    let total = entries.count * (rates.count * choosing.count + others.count)
    let tried = try complete(trials, seeds: choosing, workers.counting(from: 0, of: total))
    let best = entries.indices.compactMap { index in
      tried[index * rates.count..<(index + 1) * rates.count].min { Self.score($0) < Self.score($1) }
    }
    return try complete(best, seeds: others, workers.counting(from: trials.count * choosing.count, of: total))
  }

  /// The standings with the outcomes of further seeds. `standings` go through the entries in order, as many for each.
  private func complete(
    _ standings: [Standing], seeds: ArraySlice<UInt64>, _ workers: StudyWorkers
  ) throws -> [Standing] {
    let perEntry = standings.count / max(entries.count, 1)
    let jobs: [@Sendable () throws -> Outcome] = standings.enumerated().flatMap { index, standing in
      let entry = entries[index / perEntry]
      return seeds.map { seed in
        { @Sendable () throws -> Outcome in
          try workers.remembering("\(entry.condition) \(entry.model) \(standing.learningRate) \(seed)") {
            try entry.run(standing.learningRate, seed)
          }
        }
      }
    }
    let outcomes = try workers.run(jobs)
    return standings.enumerated().map { index, standing in
      var standing = standing
      standing.outcomes += outcomes[index * seeds.count..<(index + 1) * seeds.count]
      return standing
    }
  }

  /// A run that diverged is worse than any other.
  private static func score(_ standing: Standing) -> Double {
    StudyPoint(
      x: 0,
      values: standing.outcomes.map { outcome in
        outcome.validation.flatMap { $0.isFinite ? $0 : nil } ?? .infinity
      }
    ).median ?? .infinity
  }
}

extension [Contest.Standing] {
  /// A measure as one series for each model, a point for each condition.
  package func series(_ measure: String, notes: [String: String], isLearned: (Double) -> Bool) -> [StudySeries] {
    grouped { standing in [standing.point(measure, isLearned: isLearned)] }.map { name, points in
      StudySeries(name: name, note: notes[name] ?? "", points: points)
    }
  }

  /// The points of each model, models in order of appearance.
  package func grouped(_ points: (Contest.Standing) -> [StudyPoint]) -> [(name: String, points: [StudyPoint])] {
    var groups: [(name: String, points: [StudyPoint])] = []
    for standing in self {
      if let place = groups.firstIndex(where: { $0.name == standing.model }) {
        groups[place].points += points(standing)
      } else {
        groups.append((standing.model, points(standing)))
      }
    }
    return groups
  }
}
