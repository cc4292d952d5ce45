import AttendBase
import AttendTensor
import Testing

/// Fused attention, forward and backward in float32, against its composition in float64.
@Suite struct AttentionTests {
  private struct Example {
    var inputs: [Tensor]
    var sequences: [Range<Int>] = []
    var keys: [Range<Int>] = []
    var options: AttentionOptions
    var dropout: AttentionDropout?

    init(seed: UInt64) {
      var random = SeededRandom(seed: seed)
      func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
      let isLong = seed % 4 == 0
      let crosses = seed % 2 == 0
      var (rows, keyRows, most) = (0, 0, 0)
      for _ in 0..<number(1...4) {
        let count = isLong ? number(1...150) : number(0...12)
        let keyCount = crosses ? (isLong ? number(1...150) : number(0...12)) : count
        sequences.append(rows..<rows + count)
        keys.append(keyRows..<keyRows + keyCount)
        (rows, keyRows, most) = (rows + count, keyRows + keyCount, Swift.max(most, keyCount))
      }
      let (keyHeads, group) = (number(1...2), number(1...3))
      let (keyWidth, valueWidth) = (number(1...40), number(1...40))
      options = AttentionOptions(
        scale: 1 / Float(keyWidth).squareRoot(), isCausal: seed % 3 == 0,
        window: seed % 6 == 0 ? number(1...80) : nil, softCap: seed % 5 == 0 ? 1.5 : nil)
      if seed % 7 < 3 {
        dropout = AttentionDropout(
          rate: 0.1 * Float(number(0...9)), key: RandomKey(seed: seed, stream: random.next()))
      }
      var shapes: [Shape] = [
        [rows, keyHeads * group, keyWidth], [keyRows, keyHeads, keyWidth], [keyRows, keyHeads, valueWidth],
      ]
      if seed % 4 == 1 { shapes.append([keyHeads * group, rows, most]) }
      if seed % 8 == 2 { shapes.append([1, 1, most]) }
      inputs = shapes.map { Tensor.uniform($0, in: -1.5..<1.5, .float64, using: &random) }
    }

    func callAsFunction(_ inputs: [Tensor]) -> Tensor {
      var options = options
      if inputs.count > 3 { options.bias = inputs[3] }
      return Tensor.attention(
        query: inputs[0], key: inputs[1], value: inputs[2], sequences: sequences, keySequences: keys, options: options,
        dropout: dropout)
    }
  }

  @Test(arguments: 1...80 as ClosedRange<UInt64>)
  func agreesWithTheComposition(seed: UInt64) {
    let example = Example(seed: seed)
    let expected = example(example.inputs)
    let singles = example.inputs.map { $0.cast(to: .float32) }
    #expect(isClose(example(singles), Naive(expected), 3e-5))
    let leaves = singles.map { $0.leaf() }
    let output = example(leaves)
    #expect(isClose(output, Naive(expected), 3e-5))
    #expect(output.recordedOperations.contains(.attention))
    var random = SeededRandom(seed: seed, stream: 2)
    let upstream = Tensor.uniform(expected.shape, in: -1..<1, .float64, using: &random)
    let found = Tensor.gradients(of: (output * upstream.cast(to: .float32)).sum(), with: leaves)
    let doubles = example.inputs.map { $0.leaf() }
    let wanted = Tensor.gradients(of: (example(doubles) * upstream).sum(), with: doubles)
    for (found, wanted) in zip(found, wanted) { #expect(isClose(found, Naive(wanted), 1e-4)) }
  }

  @Test func weightsAreThoseOfTheAttention() {
    var random = SeededRandom(seed: 5)
    let query = Tensor.uniform([5, 4, 3], in: -1..<1, .float32, using: &random)
    let key = Tensor.uniform([6, 2, 3], in: -1..<1, .float32, using: &random)
    let value = Tensor.uniform([6, 2, 2], in: -1..<1, .float32, using: &random)
    let options = AttentionOptions(scale: 0.7, isCausal: false)
    let output = Tensor.attention(
      query: query, key: key, value: value, sequences: [0..<2, 2..<5], keySequences: [0..<4, 4..<6], options: options)
    let weights = Tensor.attentionWeights(query: query, key: key, rows: 0..<2, keyRows: 0..<4, options: options)
    #expect(weights.shape == [4, 2, 4])
    let values = value.sliced(axis: 0, 0..<4).transposed(0, 1)
    for head in 0..<4 {
      let mixed = weights.selected(axis: 0, head).matmul(values.selected(axis: 0, head / 2))
      #expect(isClose(output.sliced(axis: 0, 0..<2).selected(axis: 1, head), Naive(mixed), 1e-6))
    }
  }

  /// Dropped weights are zero and the others 1/(1 − p) as large; the same key drops the same ones.
  @Test func dropoutKeepsTheExpectedShare() {
    let keys = 512
    let zeros = Tensor.zeros([64, 4, 1], .float32)
    let identity = Tensor.ones([keys, 4, 1], .float32)
    let dropout = AttentionDropout(rate: 0.3, key: RandomKey(seed: 11))
    func run(_ dropout: AttentionDropout?) -> [Float] {
      Tensor.attention(
        query: zeros, key: .zeros([keys, 4, 1], .float32), value: identity, sequences: [0..<64],
        keySequences: [0..<keys], options: AttentionOptions(scale: 1, isCausal: false), dropout: dropout
      ).scalars()
    }
    let sums = run(dropout)
    // Each is (kept of 512)/512/0.7: mean 1, standard deviation 0.029.
    let mean = sums.reduce(0, +) / Float(sums.count)
    #expect(abs(mean - 1) < 0.008)
    #expect(Set(sums).count > 30)
    #expect(sums.allSatisfy { abs($0 * 0.7 * 512 - ($0 * 0.7 * 512).rounded()) < 0.01 })
    #expect(run(dropout) == sums)
    #expect(run(AttentionDropout(rate: 0.3, key: RandomKey(seed: 12))) != sums)
    #expect(run(nil).allSatisfy { abs($0 - 1) < 1e-5 })
  }
}
