import AttendBase
import AttendNN
import AttendTensor
import AttendTestSupport
import AttendTraining
import Testing

/// One tiny run of each task.
@Suite struct StudyRunTests {
  @Test func gradientProfileIsTheProductOfTheStepsDerivatives() throws {
    // One unit that copies its state, times 0.5 at each step, has the gradient 0.5ᵏ.
    let shape = SequenceReader.Shape(architecture: .identityRNN, input: .features(2), width: 4, outputs: 1)
    var learner = SequenceReader.learner(shape, seed: 1)
    let half = (0..<16).map { Float($0 % 5 == 0 ? 0.5 : 0) }
    learner.parameters["body.weight_hh_l0"] = Tensor(half, shape: [4, 4])
    learner.parameters["body.weight_ih_l0"] = .ones([4, 2])
    let model = try WeightScope.build(around: learner.parameters) { SequenceReader($0, shape) }
    let profile = GradientDistance.profile(model, length: 150, width: 4, inputs: .ones([150, 2]))
    for back in [1, 2, 10, 149] {
      // Relative to one step back; 2⁻¹⁴⁸ is far below the smallest float32.
      let expected = (1..<back).reduce(1.0) { value, _ in value / 2 }
      #expect(abs(profile[back] / expected - 1) < 1e-5)
    }
  }

  @Test func gradientDistance() throws {
    let study = GradientDistance(
      seeds: [1], plan: TrainingPlan(steps: 2, learningRate: 1e-3), trainingLength: 10, batch: 4)
    let result = try study.run(workers(.gradientDistance))
    #expect(result.measures.map(\.name) == [GradientDistance.fresh, GradientDistance.trained])
    #expect(result.claims.count == 3 && result.measures[0].series.count == 6)
    let fresh = result.measures[0]
    #expect(fresh.series.allSatisfy { $0[1]?.median == 1 })
    // What the whole study is about, at initialisation: no training can spoil it.
    let claims = result.claims.map(\.holds)
    #expect(claims[0] && claims[1])
  }

  @Test func addingProblem() throws {
    let study = AddingStudy(
      lengths: [6], steps: 3, batch: 4, parameters: 300, rates: [1e-3, 1e-2], seeds: [1, 2], testSize: 16)
    let result = try study.run(workers(.addingProblem))
    let series = try #require(result.measures.first?.series)
    #expect(series.count == 6 && series.allSatisfy { $0.points.count == 1 && $0.points[0].values.count == 2 })
    #expect(series.allSatisfy { [1e-3, 1e-2].contains($0.points[0].learningRate ?? 0) })
    #expect(try study.run(workers(.addingProblem)).measures == result.measures, "same seed, other numbers")
  }

  @Test func bestRateOfTheFirstSeedsIsUsedWithAll() throws {
    let runs = Locked<[String]>([])
    let entry = Contest.Entry(model: "m", condition: 1) { rate, seed in
      runs.withLock { $0.append("\(rate) \(seed)") }
      // 0.1 is best for the first two seeds, 0.2 for the others; 0.3 diverges.
      let score = rate == 0.3 ? .nan : seed <= 2 ? rate : -rate
      return Contest.Outcome(validation: score, tests: ["test": [1: Double(seed)]])
    }
    let contest = Contest(entries: [entry], rates: [0.3, 0.2, 0.1], seeds: [1, 2, 3, 4])
    let standing = try #require(try contest.run(workers(.addingProblem)).first)
    #expect(standing.learningRate == 0.1 && standing.outcomes.map { $0.tests["test"]?[1] } == [1, 2, 3, 4])
    let expected = ["0.1 1", "0.1 2", "0.1 3", "0.1 4", "0.2 1", "0.2 2", "0.3 1", "0.3 2"]
    #expect(runs.withLock { $0 }.sorted() == expected)
  }

  @Test func journalledStudyGoesOnWhereItWas() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/journal.jsonl"
    let study = AddingStudy(
      lengths: [6], steps: 3, batch: 4, parameters: 300, rates: [1e-3, 1e-2], seeds: [1, 2, 3], testSize: 16)
    let whole = try study.run(workers(.addingProblem)).measures
    func journal() throws -> StudyJournal { try StudyJournal(path: path, tier: .full, version: "1") }
    // Stopped after five runs; then the process dies while it writes a line.
    let asked = Locked(0)
    let stopped = StudyWorkers(task: .addingProblem, journal: try journal()) {
      asked.withLock { count in
        count += 1
        return count > 20
      }
    }
    #expect(throws: CancellationError.self) { try study.run(stopped) }
    let text = try MappedFile(path: path).copied
    let lines = text.count { $0 == UInt8(ascii: "\n") }
    #expect(lines > 2 && lines < 6 * (2 * 2 + 1))
    try writeAtomically(to: path, text.dropLast(7))
    let resumed = try study.run(StudyWorkers(task: .addingProblem, journal: try journal())).measures
    #expect(resumed == whole)
    // Nothing runs again, and nobody else's journal is taken or lost.
    let again = try MappedFile(path: path).copied
    let complete = try journal()
    #expect(try study.run(StudyWorkers(task: .addingProblem, journal: complete)).measures == whole)
    #expect(complete.takeRememberedRuns() == 6 * (2 * 2 + 1) && complete.takeRememberedRuns() == 0)
    #expect(try MappedFile(path: path).copied.count == again.count)
    #expect(throws: AttendError.self) { try StudyJournal(path: path, tier: .smoke, version: "1") }
    #expect(throws: AttendError.self) { try StudyJournal(path: path, tier: .full, version: "2") }
    #expect(try MappedFile(path: path).copied.count == again.count)
  }

  @Test func associativeRecall() throws {
    let study = RecallStudy(pairs: [2, 3], keys: 4, steps: 3, batch: 4, rates: [1e-3], seeds: [1], testSize: 8)
    let result = try study.run(workers(.associativeRecall))
    let series = try #require(result.measures.first?.series)
    #expect(series.map { $0.points.map(\.x) } == Array(repeating: [2, 3], count: 4))
    #expect(series.flatMap(\.points).compactMap(\.median).allSatisfy { (0...1).contains($0) })
  }

  @Test func translation() throws {
    let study = AlignmentStudy(lengths: 3...5, words: 6, steps: 3, batch: 4, rates: [1e-3], seeds: [1], testSize: 5)
    let result = try study.run(workers(.translation))
    #expect(result.measures.map { $0.series.count } == [3, 2])
    #expect(result.measures.allSatisfy { $0.series.allSatisfy { $0.points.map(\.x) == [4, 6, 8, 10] } })
  }

  @Test func lengthCosts() throws {
    let result = try LengthCosts(lengths: [256, 512], repetitions: 1, seed: 1).run(workers(.lengthCosts))
    #expect(result.measures.contains { $0.name == LengthCosts.memory && !$0.isTiming })
    let memory = try #require(result.measure(LengthCosts.memory))
    // Other tests allocate meanwhile, so growth is not checked here; the kinds of numbers are.
    #expect(memory.series.map(\.name) == CostModel.allCases.map(\.rawValue))
    let state = try #require(result.measure(LengthCosts.state))
    #expect(state.median(CostModel.lstm.rawValue, 256) == 2 * 128 * 4 / 1000.0)
    #expect(state.median(CostModel.fused.rawValue, 512) == 512 * 2 * 128 * 4 / 1000.0)
  }

  @Test func naiveAttentionIsAttention() throws {
    let parameters = WeightScope.fresh(seed: 4) { CostLayer($0, .naive) }.parameters
    let length = 9
    var random = SeededRandom(seed: 5)
    let x = Tensor.normal([length, CostLayer.width], using: &random)
    let mask = CostLayer.mask(length)
    let outputs = try [CostModel.naive, .fused].map { model -> Tensor in
      let layer = try WeightScope.build(around: parameters) { CostLayer($0, model) }
      var pass = ForwardPass(lengths: [length])
      return layer(x, mask: mask, &pass)
    }
    #expect((outputs[0] - outputs[1]).abs().max().item() < 1e-5)
  }

  @Test(arguments: [Architecture.tanhRNN, .lstm1, .gru, .transformer1, .transformer2])
  func parameterCountsAreRight(architecture: Architecture) {
    for input in [SequenceReader.Input.features(2), .tokens(10)] {
      let shape = SequenceReader.Shape(
        architecture: architecture, input: input, width: 8, intermediate: 12, embedded: 8, outputs: 3)
      let count = SequenceReader.learner(shape, seed: 1).parameters.elementCount
      #expect(shape.parameterCount == count)
      let matched = SequenceReader.shape(shape, parameters: 5000).parameterCount
      #expect(abs(matched - 5000) < 350)
    }
  }

  @Test func paddingDoesNotChangeATranslation() throws {
    let language = SwapLanguage(words: 8, seed: 1)
    var random = SeededRandom(seed: 2)
    let pairs = [3, 6, 4].map { language.pair(length: $0, using: &random) }
    for translator in [Translator.plain, .bahdanau] {
      let model = try translator.learner(vocabulary: language.vocabularySize, seed: 3).model()
      var pass = ForwardPass(lengths: [])
      let together = model.logits(source: pairs.map(\.source), target: pairs.map(\.target), &pass)
      let alone = pairs.map { pair -> Tensor in
        var pass = ForwardPass(lengths: [])
        return model.logits(source: [pair.source], target: [pair.target], &pass)
      }
      #expect((together - Tensor.concatenated(alone, axis: 0)).abs().max().item() < 1e-5)
    }
  }

  @Test func cancellationEndsARun() {
    let study = Study(tier: .smoke, tasks: [.associativeRecall], version: "test")
    #expect(throws: CancellationError.self) { try study.run(isCancelled: { true }, onEvent: { _ in }) }
  }

  private func workers(_ task: StudyTask) -> StudyWorkers { StudyWorkers(task: task) }
}
