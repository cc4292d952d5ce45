import AttendBase
import AttendNN
import AttendTensor

/// Task G: what one layer of each kind costs as sequences grow. Runs alone, on all threads.
package struct LengthCosts: Sendable {
  package static let time = "time of one pass"
  package static let speed = "tokens per second"
  package static let memory = "memory to learn from one sequence"
  package static let state = "remembered while generating"
  package static let speedUp = "speed-up from 1 to 2 threads"
  package static let stepping = "one pass over token by token"

  /// Each twice the one before.
  package var lengths: [Int]
  /// How often a pass is timed; the median counts.
  package var repetitions: Int
  package var seed: UInt64

  package init(
    lengths: [Int], repetitions: Int, seed: UInt64
  ) {
    self.lengths = lengths
    self.repetitions = repetitions
    self.seed = seed
  }

  package func run(_ workers: StudyWorkers) throws -> StudyResult {
    let total = CostModel.allCases.count * lengths.count
    var done = 0
    workers.onEvent(.progress(workers.task, done: 0, total: total))
    var points: [String: [CostModel: [StudyPoint]]] = [:]
    for model in CostModel.allCases {
      for length in lengths {
        try workers.checkCancellation()
        for (name, value) in try measure(model, length) {
          points[name, default: [:]][model, default: []].append(StudyPoint(x: Double(length), values: [value]))
        }
        done += 1
        workers.onEvent(.progress(workers.task, done: done, total: total))
      }
    }
    func table(_ name: String, _ unit: String, isTiming: Bool = true) -> StudyMeasure {
      StudyMeasure(
        name: name, unit: unit, axis: "length", isLogarithmic: true, isAxisLogarithmic: true, isTiming: isTiming,
        series: CostModel.allCases.compactMap { model in
          points[name]?[model].map { StudySeries(name: model.rawValue, note: Self.note(model), points: $0) }
        })
    }
    let all = [
      table(Self.time, "ms"), table(Self.speed, "tokens/s"), table(Self.memory, "kB", isTiming: false),
      table(Self.state, "kB", isTiming: false), table(Self.speedUp, "times"), table(Self.stepping, "times"),
    ]
    var result = StudyResult(
      task: .lengthCosts,
      setup: [
        "one causal layer of width \(CostLayer.width) (attention: \(CostLayer.heads) heads), one sequence, float32, "
          + "median of \(repetitions); times differ from run to run",
        "memory to learn: bytes held after a forward pass that is recorded for the backward pass",
      ], measures: all.filter { !$0.series.isEmpty })
    judge(&result)
    return result
  }

  private static func note(_ model: CostModel) -> String {
    let learner = Learner(seed: 1) { CostLayer($0, model) }
    return "\(learner.parameters.elementCount) parameters"
  }

  /// Everything about one layer at one length, by the measure's name.
  private func measure(_ model: CostModel, _ length: Int) throws -> [String: Double] {
    let learner = Learner(seed: seed) { CostLayer($0, model) }
    var random = StudyStream.inputs.random(seed)
    let x = Tensor.normal([length, CostLayer.width], using: &random)
    let mask = model == .naive ? CostLayer.mask(length) : nil
    var results = [Self.memory: try recordedBytes(model, learner.parameters, x, mask) / 1000]

    let layer = try learner.model()
    func pass() -> Double {
      seconds {
        var pass = ForwardPass(lengths: [length])
        _ = layer(x, mask: mask, &pass)
      }
    }
    let once = median(pass)
    results[Self.time] = 1000 * once
    results[Self.speed] = Double(length) / once
    if Hardware.threads == 2 {
      Hardware.threads = 1
      let alone = median(pass)
      Hardware.threads = 2
      results[Self.speedUp] = alone / once
    }
    if model != .naive {
      let (stepped, bytes) = try steps(model, layer, x)
      results[Self.state] = Double(bytes) / 1000
      results[Self.stepping] = stepped / once
    }
    return results
  }

  /// Bytes that a recorded forward pass holds for the backward pass.
  private func recordedBytes(
    _ model: CostModel, _ parameters: Parameters, _ x: Tensor, _ mask: Tensor?
  ) throws -> Double {
    let layer = try WeightScope.build(around: parameters.leaves()) { CostLayer($0, model) }
    var pass = ForwardPass(lengths: [x.shape[0]])
    let before = Hardware.allocatedBytes
    let output = layer(x, mask: mask, &pass)
    return withExtendedLifetime(output) { Double(Hardware.allocatedBytes - before) }
  }

  /// Reads the sequence token by token, as generation does.
  /// - Returns: the time, and the bytes that are remembered at the end.
  private func steps(_ model: CostModel, _ layer: CostLayer, _ x: Tensor) throws -> (seconds: Double, bytes: Int) {
    let rows = (0..<x.shape[0]).map { x.sliced(axis: 0, $0..<$0 + 1).contiguous() }
    var bytes = 0
    let start = ContinuousClock.now
    if model.hasCache {
      var cache = KeyValueCache(CostLayer.cacheShape, precision: .exact)
      for row in rows {
        var moved = KeyValueCache(CostLayer.cacheShape, precision: .exact)
        swap(&moved, &cache)
        var pass = try ForwardPass(continuing: [consume moved], lengths: [1], phase: .decode)
        _ = layer(row, &pass)
        pass.finish()
        cache = pass.caches.removeLast()
      }
      bytes = cache.byteCount
    } else {
      var state: [RecurrentState]?
      for row in rows { state = layer.step(row, state).state }
      bytes = 4 * (state ?? []).reduce(0) { $0 + $1.hidden.count + ($1.cell?.count ?? 0) }
    }
    return (Self.seconds(since: start), bytes)
  }

  private func median(_ pass: () -> Double) -> Double {
    _ = pass()
    return StudyPoint(x: 0, values: (0..<repetitions).map { _ in pass() }).median ?? .nan
  }

  private func seconds(_ body: () -> Void) -> Double {
    let start = ContinuousClock.now
    body()
    return Self.seconds(since: start)
  }

  private static func seconds(since start: ContinuousClock.Instant) -> Double {
    let elapsed = (ContinuousClock.now - start).components
    return Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
  }

  private func judge(_ result: inout StudyResult) {
    guard let last = lengths.last.map(Double.init), lengths.count > 1, let memory = result.measure(Self.memory),
      let time = result.measure(Self.time), let state = result.measure(Self.state),
      let stepping = result.measure(Self.stepping)
    else { return }
    func at(_ measure: StudyMeasure, _ model: CostModel, _ length: Double) -> Double {
      measure.median(model.rawValue, length) ?? .nan
    }
    func growth(_ model: CostModel) -> Double { at(memory, model, last) / at(memory, model, last / 2) }
    let span = "from length \(Int(last / 2)) to \(Int(last))"
    func claim(_ model: CostModel, _ range: ClosedRange<Double>, _ text: String) -> StudyClaim {
      StudyClaim(
        text: "\(span) the memory to learn with \(model.rawValue) grows \(text)",
        measured: "\(StudyText.number(growth(model))) times", holds: range.contains(growth(model)))
    }
    let fullState = at(state, .lstm, last)
    result.claims = [
      claim(.naive, 3...4.5, "about fourfold"), claim(.fused, 1.6...2.5, "about twofold"),
      StudyClaim(
        text: "an LSTM's state has one size at every length, attention's cache grows with the length",
        measured: "LSTM \(StudyText.number(fullState)) kB, cache \(StudyText.number(at(state, .fused, last))) kB at "
          + "length \(Int(last))",
        holds: lengths.allSatisfy { at(state, .lstm, Double($0)) == fullState }
          && at(state, .fused, last) > at(state, .fused, last / 2)),
    ]
    let order = CostModel.allCases.sorted { at(time, $0, last) < at(time, $1, last) }
    result.findings = [
      "“Memory-efficient Transformer” is n² when computed naively (\(StudyText.number(at(memory, .naive, last))) kB at "
        + "length \(Int(last))), linear when fused (\(StudyText.number(at(memory, .fused, last))) kB), and generation "
        + "needs a cache of \(2 * CostLayer.width * 4) bytes per token and layer where LSTM and GRU need none.",
      "Speed at length \(Int(last)) on \(Hardware.threads) threads, fastest first: "
        + order.map { "\($0.rawValue) \(StudyText.number(at(time, $0, last))) ms" }.joined(separator: ", ") + ".",
      "“Transformers are parallel” holds for training and prompts: attention takes 1 sequential step where a recurrent "
        + "layer takes \(Int(last)). In generation every model goes token by token; one pass over \(Int(last)) tokens is "
        + CostModel.allCases.filter { $0 != .naive }
        .map { "\(StudyText.number(at(stepping, $0, last))) times faster for \($0.rawValue)" }.joined(separator: ", ")
        + ".",
    ]
  }
}

extension LengthCosts {
  package init(tier: StudyTier, seed: UInt64) {
    switch tier {
    case .smoke: self.init(lengths: [64, 128, 256, 512, 1024], repetitions: 3, seed: seed)
    case .standard: self.init(lengths: [64, 128, 256, 512, 1024, 2048], repetitions: 5, seed: seed)
    case .full: self.init(lengths: [64, 128, 256, 512, 1024, 2048, 4096], repetitions: 9, seed: seed)
    }
  }
}
