import AttendBase
import AttendModels
import AttendNN
import AttendTensor
import AttendTestSupport
import AttendTraining
import Testing

@Suite(.serialized) struct TrainerTests {
  private typealias Task = LanguageTask<TokenLines>

  private static let fields: JSON = [
    "architectures": ["GPT2LMHeadModel"], "n_layer": 1, "n_head": 2, "n_embd": 16, "n_positions": 24, "vocab_size": 12,
    "resid_pdrop": 0, "embd_pdrop": 0, "attn_pdrop": 0,
  ]

  private func task(dropout: Double = 0) throws -> Task {
    var fields = try #require(Self.fields.objectValue)
    fields["resid_pdrop"] = JSON(dropout)
    let config = try GPT2.configuration(ConfigurationFields(fields, origin: "test"))
    return Task { GPT2($0, config) }
  }

  /// Lines that count upwards, of several lengths.
  private func lines(_ count: Int, seed: UInt64 = 9) -> TokenLines {
    var random = SeededRandom(seed: seed)
    return TokenLines(
      (0..<count).map { _ in
        let (start, length) = (random.index(below: 12), 3 + random.index(below: 15))
        return (0..<length).map { Int32((start + $0) % 12) }
      })
  }

  private func options(steps: Int = 12, batch: BatchSampler.Size = .examples(8)) -> TrainingOptions {
    var options = TrainingOptions()
    options.length = .steps(steps)
    options.batch = batch
    options.optimizer = AdamW(learningRate: 0.01)
    return options
  }

  /// Losses of every step, and the parameters at the end.
  private func run(
    _ options: TrainingOptions, dropout: Double = 0, collective: any Collective = SingleProcess()
  ) throws -> (losses: [Double], parameters: Parameters) {
    var losses: [Double] = []
    let trainer = try Trainer(task(dropout: dropout), data: lines(60), options: options, collective: collective) {
      if case .step(let metrics) = $0 { losses.append(metrics.loss) }
    }
    _ = try trainer.run()
    return (losses, trainer.parameters)
  }

  private func largest(_ a: [Double], _ b: [Double]) -> Double {
    a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? .infinity : .infinity
  }

  private func isSame(_ a: Parameters, _ b: Parameters) -> Bool {
    a.names == b.names && zip(a.values, b.values).allSatisfy { $0.scalars(Float.self) == $1.scalars(Float.self) }
  }

  // MARK: Learning

  @Test func itLearnsToCount() throws {
    let (losses, _) = try run(options(steps: 300))
    // Every token follows from the one before.
    #expect(losses[0] > 2 && losses[299] < 0.5)
  }

  @Test func theSameSeedGivesTheSameBits() throws {
    var seeded = options()
    let first = try run(seeded, dropout: 0.2)
    let second = try run(seeded, dropout: 0.2)
    #expect(first.losses == second.losses && isSame(first.parameters, second.parameters))
    seeded.seed = 2
    #expect(try run(seeded, dropout: 0.2).losses != first.losses)
    #expect(try run(options()).losses != first.losses)
  }

  @Test(arguments: [(BatchSampler.Size.examples(8), BatchSampler.Size.examples(2)), (.tokens(80), .tokens(20))])
  func accumulationIsALargerBatch(sizes: (whole: BatchSampler.Size, part: BatchSampler.Size)) throws {
    let whole = try run(options(batch: sizes.whole))
    var parts = options(batch: sizes.part)
    parts.accumulation = 4
    #expect(largest(try run(parts).losses, whole.losses) < 1e-4)
  }

  @Test(arguments: [2, 3])
  func processesShareTheBatch(count: Int) throws {
    for (whole, part) in [(BatchSampler.Size.examples(12), 12), (.tokens(60), 60)] {
      let alone = try run(options(batch: whole))
      let size: BatchSampler.Size = if case .tokens = whole { .tokens(part / count) } else { .examples(part / count) }
      let world = LocalWorld(count)
      let results = Locked<[Int: (losses: [Double], parameters: [[Float]])]>([:])
      let done = Signal()
      let threads = try (0..<count).map { rank in
        let thread = try ComputeThread(name: "rank")
        let options = options(batch: size)
        thread.enqueue {
          if let (losses, parameters) = try? run(options, collective: world.member(rank)) {
            let values = parameters.values.map { $0.scalars(Float.self) }
            results.withLock { $0[rank] = (losses, values) }
          }
          done.raise()
        }
        return thread
      }
      for _ in threads { done.wait() }
      let all = results.withLock { $0 }
      #expect(all.count == count)
      for rank in 0..<count {
        #expect(largest(all[rank]?.losses ?? [], alone.losses) < 1e-4)
        // Every process ends with the same bits.
        #expect(all[rank]?.parameters == all[0]?.parameters)
      }
    }
  }

  @Test func aLostProcessIsAnErrorOfTheOthers() throws {
    let world = LocalWorld(2)
    world.lose()
    let error = #expect(throws: AttendError.self) { try run(options(), collective: world.member(0)) }
    #expect(error?.code == .system)
  }

  // MARK: Ends

  @Test func aLossThatIsNoNumberStopsTheRun() throws {
    var wild = options(steps: 200)
    wild.optimizer = SGD(learningRate: 1e30)
    wild.clipNorm = nil
    let error = #expect(throws: AttendError.self) { try run(wild) }
    #expect(error?.code == .notANumber && error?.message.hasPrefix("step ") == true)
  }

  @Test func patienceEndsTheRun() throws {
    var stuck = options(steps: 100)
    stuck.optimizer = SGD(learningRate: 0)
    stuck.evaluateEvery = 5
    stuck.patience = 3
    let trainer = try Trainer(task(), data: lines(60), validation: lines(7, seed: 1), options: stuck)
    let summary = try trainer.run()
    #expect(summary.reason == .patience && summary.step == 20 && summary.bestValidation?.step == 5)
  }

  @Test func cancellingStopsAfterTheUpdate() throws {
    let trainer = try Trainer(task(), data: lines(60), options: options())
    var asked = 0
    let summary = try trainer.run {
      asked += 1
      return asked == 4
    }
    #expect(summary.reason == .cancelled && summary.step == 4)
  }

  @Test func epochsCountBatches() throws {
    var twice = options()
    twice.length = .epochs(2)
    #expect(try run(twice).losses.count == 2 * 8)
  }

  @Test func theHeldOutLossIsTheMeanOverPredictions() throws {
    let (task, held) = (try task(), lines(17, seed: 4))
    var small = options(steps: 0)
    small.batch = .tokens(30)
    let trainer = try Trainer(task, data: lines(60), validation: held, options: small)
    let model = WeightScope.fresh(seed: small.seed, task.build).model
    let batch = task.batch((0..<held.count).map { held[$0] })
    let whole = task.loss(model, batch, smoothing: 0, nil).item()
    #expect(abs(try trainer.evaluate() - whole) < 1e-5)
  }

  @Test func averagesAreSmootherThanParameters() throws {
    var averaged = options(steps: 40)
    averaged.averaging = 0.9
    let trainer = try Trainer(task(), data: lines(60), options: averaged)
    _ = try trainer.run()
    let plain = try run(options(steps: 40)).parameters
    #expect(!isSame(trainer.parameters, plain))
    #expect(isSame(trainer.learner.parameters, plain))
  }

  @Test func emptyDataIsRefused() throws {
    let error = #expect(throws: AttendError.self) {
      try Trainer(task(), data: TokenLines([]), options: options())
    }
    #expect(error?.code == .invalidInput)
  }
}
