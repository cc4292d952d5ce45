import AttendBase
import AttendGeneration
import Testing

@Suite struct SamplerTests {
  private func choose(_ sampling: Sampling, _ logits: [Float], step: Int = 0) throws -> Int {
    var sampler = Sampler(sampling)
    return try Int(
      logits.withUnsafeBufferPointer { row in
        Result { () throws(AttendError) in try sampler.choose(from: row, step: step) }
      }.get())
  }

  private func counts(_ sampling: Sampling, _ logits: [Float], draws: Int) throws -> [Int] {
    var sampler = Sampler(sampling)
    var counts = [Int](repeating: 0, count: logits.count)
    for step in 0..<draws {
      let token = try logits.withUnsafeBufferPointer { row in
        Result { () throws(AttendError) in try sampler.choose(from: row, step: step) }
      }.get()
      counts[Int(token)] += 1
    }
    return counts
  }

  /// Pearson's statistic against expected probabilities; infinity when something impossible was drawn.
  private func chiSquare(_ counts: [Int], _ probabilities: [Double]) -> Double {
    let draws = Double(counts.reduce(0, +))
    return zip(counts, probabilities).reduce(0) { sum, pair in
      let expected = draws * pair.1
      if expected == 0 { return pair.0 == 0 ? sum : .infinity }
      return sum + (Double(pair.0) - expected) * (Double(pair.0) - expected) / expected
    }
  }

  private func normalized(_ weights: [Double]) -> [Double] {
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }

  /// e^x without a library.
  private func softmax(_ logits: [Double]) -> [Double] { normalized(logits.map { power($0) }) }
  private func power(_ x: Double) -> Double {
    var (term, sum) = (1.0, 1.0)
    for n in 1..<60 {
      term *= x / Double(n)
      sum += term
    }
    return sum
  }

  private let logits: [Float] = [1, -0.5, 2, 0, 1, -3, 0.25, 1.5]

  @Test func greedyTakesTheFirstOfTheLargest() throws {
    #expect(try choose(.greedy, [0, 3, 1, 3, 2]) == 1)
    #expect(try choose(.greedy, [-.infinity, -5, -.infinity]) == 1)
    #expect(try choose(.greedy, [7]) == 0)
    var random = SeededRandom(seed: 3)
    for _ in 0..<50 {
      let row = (0..<Int.random(in: 1...3000, using: &random)).map { _ in Float(random.normal()) }
      let best = row.indices.max { row[$0] < row[$1] }
      #expect(try choose(.greedy, row) == best)
      #expect(try choose(.topK(1, seed: 1), row) == best)
      #expect(try choose(.nucleus(p: 1e-6, seed: 1), row) == best)
      #expect(try choose(.temperature(1e-30, seed: 1), row) == best)
    }
  }

  // 7 degrees of freedom: 45 is exceeded once in ten million times; seeds are fixed.
  @Test(arguments: [UInt64(1), 2, 3], [Float(0.5), 1, 2])
  func temperatureFollowsTheSoftmax(seed: UInt64, temperature: Float) throws {
    let counts = try counts(.temperature(temperature, seed: seed), logits, draws: 20_000)
    let expected = softmax(logits.map { Double($0) / Double(temperature) })
    #expect(chiSquare(counts, expected) < 45)
  }

  @Test(arguments: [UInt64(4), 5])
  func topKKeepsTheLargestAndTheirTies(seed: UInt64) throws {
    // The third largest is 1, which occurs twice: the reference keeps both.
    let counts = try counts(.topK(3, temperature: 0.8, seed: seed), logits, draws: 20_000)
    let kept = logits.map { $0 >= 1 ? power(Double($0) / 0.8) : 0 }
    #expect(chiSquare(counts, normalized(kept)) < 45)
    #expect(try choose(.topK(1000, seed: 1), logits) < logits.count)
  }

  @Test(arguments: [UInt64(6), 7])
  func nucleusKeepsTheSmallestSufficientSet(seed: UInt64) throws {
    // Probabilities of [ln 4, ln 3, ln 2, ln 1] are 0.4, 0.3, 0.2, 0.1.
    let logits: [Float] = [0, 1.0986123, 0.6931472, 1.3862944]
    for (p, kept) in [
      (0.39, [0.0, 0, 0, 0.4]), (0.5, [0, 0.3, 0, 0.4]), (0.69, [0, 0.3, 0, 0.4]), (0.75, [0, 0.3, 0.2, 0.4]),
      (1, [0.1, 0.3, 0.2, 0.4]),
    ] as [(Float, [Double])] {
      let counts = try counts(.nucleus(p: p, seed: seed), logits, draws: 20_000)
      #expect(chiSquare(counts, normalized(kept)) < 40, "p = \(p)")
    }
  }

  @Test func topKComesBeforeTopP() throws {
    // Of 0.4, 0.3, 0.2, 0.1 the best two become 4/7 and 3/7: half of that is the first alone.
    let logits: [Float] = [0, 1.0986123, 0.6931472, 1.3862944]
    let counts = try counts(Sampling(topK: 2, topP: 0.5, seed: 9), logits, draws: 2000)
    #expect(counts == [0, 0, 0, 2000])
  }

  @Test func selectionAgreesWithSorting() {
    var random = SeededRandom(seed: 11)
    for round in 0..<300 {
      let count = Int.random(in: 1...2000, using: &random)
      // Few different values make ties; squares spread over many exponents.
      let weights: [Float] = (0..<count).map { _ in
        let value = Float(random.uniformDouble())
        return round % 3 == 0 ? Float(Int(value * 8)) / 8 : (round % 3 == 1 ? value : value * value * value * 1e-20)
      }
      let share = round % 5 == 0 ? 1e-9 : random.uniformDouble()
      var selected = weights
      selected.withUnsafeMutableBufferPointer { Nucleus.keep(share, in: $0) }

      let order = weights.indices.sorted { (weights[$1], $0) < (weights[$0], $1) }
      let goal = share * weights.reduce(0) { $0 + Double($1) }
      var expected = [Float](repeating: 0, count: count)
      var above = 0.0
      for index in order where above < goal {
        expected[index] = weights[index]
        above += Double(weights[index])
      }
      // Sums in another order may differ in the last bits: one token at the border is allowed to differ then.
      let differences = zip(selected, expected).filter { $0 != $1 }.count
      #expect(differences <= (abs(above - goal) < 1e-12 * goal ? 1 : 0), "round \(round)")
      #expect(selected.contains { $0 > 0 } || weights.allSatisfy { $0 == 0 })
    }
  }

  /// Candidates are found without looking at all tokens; a set found by sorting says what may be drawn.
  @Test(arguments: [Sampling.nucleus(p: 0.6, temperature: 0.8, seed: 3), .nucleus(p: 0.97, temperature: 1.3, seed: 4)])
  func aLargeVocabularyDrawsFromTheSmallestSet(_ sampling: Sampling) throws {
    var random = SeededRandom(seed: 12)
    let logits = (0..<20_000).map { _ in Float(4 * random.normal()) }
    let temperature = Double(sampling.temperature)
    let maximum = Double(try #require(logits.max()))
    let weights = normalized(logits.map { powerOfE((Double($0) - maximum) / temperature) })
    var (allowed, mass) = (Set<Int>(), 0.0)
    for index in weights.indices.sorted(by: { weights[$0] > weights[$1] })
    where mass < Double(try #require(sampling.topP)) {
      allowed.insert(index)
      mass += weights[index]
    }
    let counts = try counts(sampling, logits, draws: 4000)
    let drawn = counts.indices.filter { counts[$0] > 0 }
    // One token at the border may differ by rounding.
    #expect(drawn.filter { !allowed.contains($0) }.count <= 1)
    // The likeliest tokens come as often as they should.
    let likeliest = weights.indices.sorted { weights[$0] > weights[$1] }.prefix(3)
    for token in likeliest {
      let expected = 4000 * weights[token] / mass
      #expect(abs(Double(counts[token]) - expected) < 5 * expected.squareRoot() + 1)
    }
  }

  /// e^x for x ≤ 0, halved until the series converges.
  private func powerOfE(_ x: Double) -> Double {
    if x < -1 {
      let half = powerOfE(x / 2)
      return half * half
    }
    return power(x)
  }

  @Test func aSeedAndAStepDecide() throws {
    let first = try (0..<100).map { try choose(.temperature(1, seed: 5), logits, step: $0) }
    var sampler = Sampler(.temperature(1, seed: 5))
    let inOneGo = try (0..<100).map { step in
      try Int(
        logits.withUnsafeBufferPointer { row in
          Result { () throws(AttendError) in try sampler.choose(from: row, step: step) }
        }.get())
    }
    #expect(first == inOneGo)
    #expect(first != (try (0..<100).map { try choose(.temperature(1, seed: 6), logits, step: $0) }))
  }

  @Test func impossibleTokensAreNeverChosen() throws {
    let row: [Float] = [-.infinity, 0, -.infinity, 0]
    let counts = try counts(.temperature(100, seed: 2), row, draws: 1000)
    #expect(counts[0] == 0 && counts[2] == 0 && counts[1] > 400 && counts[3] > 400)
  }

  @Test func notANumberIsAnErrorThatNamesTheStep() throws {
    for bad in [[0, Float.nan, 1], [0, .infinity, 1], [-.infinity, -.infinity]] as [[Float]] {
      for sampling in [Sampling.greedy, .nucleus(p: 0.9, seed: 1)] {
        let error = #expect(throws: AttendError.self) { try choose(sampling, bad, step: 17) }
        #expect(error?.code == .notANumber)
        #expect(error?.message.contains("step 17") == true)
      }
    }
  }

  @Test func meaninglessOptionsAreRefused() {
    for sampling in [
      Sampling.temperature(-1), .temperature(.nan), .temperature(.infinity), .topK(0), .topK(-3), .nucleus(p: 0),
      .nucleus(p: 1.5), .nucleus(p: .nan),
    ] {
      let error = #expect(throws: AttendError.self) { try sampling.check() }
      #expect(error?.code == .invalidInput)
    }
    #expect(throws: Never.self) { try Sampling.nucleus(p: 1, temperature: 0.7, seed: 7).check() }
  }
}
