import AttendBase
import AttendNN
import AttendTensor
import AttendTestSupport
import Testing

/// Eight steps along the same gradients as the reference implementations.
@Suite struct OptimizerTests {
  static let all: [(name: String, make: @Sendable () -> any Optimizer)] = [
    ("sgd", { SGD(learningRate: 0.1, weightDecay: 0.01) }),
    ("momentum", { SGD(learningRate: 0.1, momentum: 0.9, weightDecay: 0.01) }),
    ("nesterov", { SGD(learningRate: 0.1, momentum: 0.8, isNesterov: true) }),
    ("adam", { Adam(learningRate: 0.05, betas: (0.8, 0.95), epsilon: 1e-6, weightDecay: 0.1) }),
    ("adamw", { AdamW(learningRate: 0.05, weightDecay: 0.1) }),
    ("adafactor", { Adafactor() }),
    ("adafactor_warmup", { Adafactor(learningRate: .relativeStep(warmup: true), beta1: 0.9, weightDecay: 0.1) }),
    (
      "adafactor_fixed",
      {
        Adafactor(
          learningRate: 0.05, scalesByParameter: false, epsilons: (1e-20, 1e-2), clipThreshold: 0.5, decayExponent: -0.6
        )
      }
    ),
    ("lion", { Lion(learningRate: 0.01, weightDecay: 0.1) }),
  ]

  private func parameters(_ fixture: FixtureTensors, _ prefix: String) throws -> Parameters {
    var result = Parameters()
    for name in ["matrix", "vector", "bank"] { result[name] = try fixture.tensor("\(prefix).\(name)") }
    return result
  }

  @Test(arguments: all.indices) func followsTheReference(_ index: Int) throws {
    let fixture = try FixtureTensors("learning/optimizers.safetensors")
    let (name, make) = Self.all[index]
    var optimizer = make()
    var parameters = try parameters(fixture, "start")
    for step in 0..<8 {
      optimizer.update(&parameters, try self.parameters(fixture, "gradient.\(step)"))
      for parameter in parameters.names {
        let expected = try fixture.tensor("\(name).\(step).\(parameter)")
        #expect(
          largestDifference(try #require(parameters[parameter]), expected) <= 2e-6, "\(name) \(parameter) step \(step)")
      }
    }
    #expect(optimizer.state.step == 8)
    try optimizer.checkState(against: parameters)
  }

  /// A state that was put aside and taken up again goes on with the same bits.
  @Test(arguments: all.indices) func continuesFromItsState(_ index: Int) throws {
    let fixture = try FixtureTensors("learning/optimizers.safetensors")
    var (first, second) = (Self.all[index].make(), Self.all[index].make())
    var whole = try parameters(fixture, "start")
    for step in 0..<8 { first.update(&whole, try parameters(fixture, "gradient.\(step)")) }
    var parts = try parameters(fixture, "start")
    for step in 0..<5 { second.update(&parts, try parameters(fixture, "gradient.\(step)")) }
    var resumed = Self.all[index].make()
    resumed.state = second.state
    for step in 5..<8 { resumed.update(&parts, try parameters(fixture, "gradient.\(step)")) }
    for name in whole.names { #expect(whole[name]?.scalars(Float.self) == parts[name]?.scalars(Float.self)) }
  }

  @Test func decaysMatricesOnlyWhenAsked() {
    var parameters = Parameters()
    parameters["matrix"] = .ones([2, 2])
    parameters["vector"] = .ones([2])
    var gradients = Parameters()
    gradients["matrix"] = .zeros([2, 2])
    gradients["vector"] = .zeros([2])
    var optimizer = AdamW(learningRate: 0.5, weightDecay: 0.5, decays: .matrices)
    optimizer.update(&parameters, gradients)
    #expect(parameters["matrix"]?.scalars(Float.self) == [0.75, 0.75, 0.75, 0.75])
    #expect(parameters["vector"]?.scalars(Float.self) == [1, 1])
  }

  @Test func frozenParametersStay() {
    var parameters = Parameters()
    parameters["a"] = .ones([2])
    parameters["b"] = .ones([2])
    parameters.freeze { $0 == "a" }
    var optimizer = SGD(learningRate: 1)
    optimizer.update(&parameters, parameters)
    #expect(parameters["a"]?.scalars(Float.self) == [1, 1])
    #expect(parameters["b"]?.scalars(Float.self) == [0, 0])
  }

  @Test func aStateThatDoesNotFitIsRefused() {
    var parameters = Parameters()
    parameters["a"] = .ones([2])
    var optimizer = Adam()
    optimizer.state.slots["m"] = Parameters()
    optimizer.state.slots["m"]?["a"] = .ones([3])
    #expect(throws: AttendError.self) { try optimizer.checkState(against: parameters) }
    optimizer.state.slots["m"]?["a"] = .ones([2])
    optimizer.state.slots["m"]?["b"] = .ones([2])
    #expect(throws: AttendError.self) { try optimizer.checkState(against: parameters) }
  }

  /// Large enough to be shared among threads.
  @Test func bitsDoNotDependOnThreads() {
    var random = SeededRandom(seed: 4)
    var parameters = Parameters()
    parameters["large"] = .normal([100_003], using: &random)
    var gradients = Parameters()
    gradients["large"] = .normal([100_003], using: &random)
    var whole = parameters
    var optimizer = AdamW()
    optimizer.update(&whole, gradients)
    for range in [0..<1, 777..<50_001, 99_999..<100_003] {
      var part = Parameters()
      part["large"] = parameters["large"]?.sliced(axis: 0, range)
      var slope = Parameters()
      slope["large"] = gradients["large"]?.sliced(axis: 0, range)
      var optimizer = AdamW()
      optimizer.update(&part, slope)
      #expect(part["large"]?.scalars(Float.self) == whole["large"]?.sliced(axis: 0, range).scalars(Float.self))
    }
  }
}

@Suite struct ScheduleTests {
  private static let all: [(String, Schedule)] = [
    ("linear", .linear(from: 0.5, to: 0.1, steps: 40)),
    ("cosine", .cosine(from: 0.5, to: 0.1, steps: 60)),
    ("linear_warmup", .warmup(steps: 10, then: .linear(from: 0.5, steps: 40))),
    ("cosine_warmup", .warmup(steps: 10, then: .cosine(from: 0.5, steps: 50))),
    ("inverse_square_root", .inverseSquareRoot(peak: 0.5, warmup: 10)),
    ("one_cycle", .oneCycle(peak: 0.5, steps: 61)),
    ("noam", .noam(width: 256, warmup: 20, factor: 2)),
    ("relative", .relativeStep()),
  ]

  @Test(arguments: all.indices) func followsTheReference(_ index: Int) throws {
    let (name, schedule) = Self.all[index]
    let rates: [Float] = try FixtureTensors("learning/schedules.safetensors").tensor("rates.\(name)").scalars()
    #expect(rates.count == 60)
    for (step, rate) in rates.enumerated() {
      #expect(abs(schedule.rate(at: step) - Double(rate)) <= 1e-7, "\(name) at \(step)")
    }
  }

  @Test func staysInItsRangeForOddLengths() {
    for steps in [0, 1, 2] {
      let schedules: [Schedule] = [
        .linear(from: 1, steps: steps), .cosine(from: 1, steps: steps), .inverseSquareRoot(peak: 1, warmup: steps),
        .noam(width: 1, warmup: steps), .oneCycle(peak: 1, steps: steps), .warmup(steps: steps, then: 1),
      ]
      for schedule in schedules {
        for step in 0..<5 { #expect((0...1).contains(schedule.rate(at: step)), "\(schedule) at \(step)") }
      }
    }
  }
}
