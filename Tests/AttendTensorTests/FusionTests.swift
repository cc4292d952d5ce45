import AttendBase
import AttendTensor
import Testing

/// Every fused operation against its composition, forward in float32 and halves, backward in float64.
@Suite struct FusionTests {
  private struct Fusion: Sendable {
    let name: String
    let fused: @Sendable ([Tensor]) -> Tensor
    let composed: @Sendable ([Tensor]) -> Tensor
    /// How many parameters of the row's width it takes besides the input.
    var parameters = 0
  }

  private static let fusions: [Fusion] = [
    Fusion(name: "softmax", fused: { $0[0].softmax() }, composed: { Composed.softmax($0[0]) }),
    Fusion(name: "logSoftmax", fused: { $0[0].logSoftmax() }, composed: { Composed.logSoftmax($0[0]) }),
    Fusion(
      name: "logSumExp", fused: { $0[0].logSumExp(keepingDimensions: true) },
      composed: { Composed.logSumExp($0[0]) }),
    Fusion(name: "silu", fused: { $0[0].silu() }, composed: { Composed.silu($0[0]) }),
    Fusion(name: "gelu", fused: { $0[0].gelu() }, composed: { Composed.gelu($0[0], .exact) }),
    Fusion(name: "gelu tanh", fused: { $0[0].gelu(.tanh) }, composed: { Composed.gelu($0[0], .tanh) }),
    Fusion(
      name: "layerNorm", fused: { $0[0].layerNorm(weight: $0[1], bias: $0[2], epsilon: 0.01) },
      composed: { Composed.layerNorm($0[0], $0[1], $0[2], epsilon: Double(Float(0.01))) }, parameters: 2),
    Fusion(
      name: "layerNorm bare", fused: { $0[0].layerNorm(epsilon: 0.01) },
      composed: { Composed.layerNorm($0[0], nil, nil, epsilon: Double(Float(0.01))) }),
    Fusion(
      name: "rmsNorm", fused: { $0[0].rmsNorm(weight: $0[1], epsilon: 0.01, offset: 1) },
      composed: { Composed.rmsNorm($0[0], $0[1], epsilon: Double(Float(0.01)), offset: 1) }, parameters: 1),
    Fusion(
      name: "rmsNorm bare", fused: { $0[0].rmsNorm(epsilon: 0.01) },
      composed: { Composed.rmsNorm($0[0], nil, epsilon: Double(Float(0.01)), offset: 0) }),
    Fusion(
      name: "addRMSNorm", fused: { $0[0].addRMSNorm($0[0] * 0.5, weight: $0[1], epsilon: 0.01).normalized },
      composed: { Composed.rmsNorm($0[0] * 1.5, $0[1], epsilon: Double(Float(0.01)), offset: 0) }, parameters: 1),
    Fusion(
      name: "gated", fused: { $0[0].gated(.silu, with: $0[0] + 1) }, composed: { Composed.silu($0[0]) * ($0[0] + 1) }),
  ]

  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func agreeWithTheirComposition(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var shape = random.shape(rank: 1...3)
    if seed % 5 == 0 { shape[shape.count - 1] = Int.random(in: 1...300, using: &random) }
    let x = random.tensor(shape, in: -5..<5)
    let width: Shape = [shape[shape.count - 1]]
    for fusion in Self.fusions {
      let inputs =
        [x] + (0..<fusion.parameters).map { _ in Tensor.uniform(width, in: -1..<1, .float64, using: &random) }
      let expected = fusion.composed(inputs)
      #expect(isClose(fusion.fused(inputs), Naive(expected)), "\(fusion.name) \(shape)")
      let singles = inputs.map { $0.cast(to: .float32).relaid($0) }
      #expect(isClose(fusion.fused(singles), Naive(expected), 2e-5), "float32 \(fusion.name) \(shape)")
      #expect(isClose(fusion.composed(singles), Naive(expected), 2e-5), "composed float32 \(fusion.name) \(shape)")
      let halves = inputs.map { $0.cast(to: .float16) }
      #expect(isClose(fusion.fused(halves), Naive(expected), 0.02), "float16 \(fusion.name) \(shape)")
      // The derivative written by hand is that of the composition.
      let upstream = Tensor.uniform(expected.shape, in: -1..<1, .float64, using: &random)
      for (found, expected) in zip(
        gradients(fusion.fused, inputs, upstream), gradients(fusion.composed, inputs, upstream))
      {
        #expect(isClose(found, Naive(expected), 1e-9), "derivative of \(fusion.name) \(shape)")
      }
    }
  }

  private func gradients(_ function: ([Tensor]) -> Tensor, _ inputs: [Tensor], _ upstream: Tensor) -> [Tensor] {
    let leaves = inputs.map { $0.leaf() }
    return Tensor.gradients(of: (function(leaves) * upstream).sum(), with: leaves)
  }

  @Test(arguments: [true, false], 1...20 as ClosedRange<UInt64>)
  func rotaryAgrees(interleaved: Bool, seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let (tokens, heads, half) = (
      Int.random(in: 0...5, using: &random), Int.random(in: 1...4, using: &random),
      Int.random(in: 0...9, using: &random)
    )
    let width = 2 * half + Int.random(in: 0...3, using: &random)
    let x = random.tensor([tokens, heads, width])
    let angles = Tensor.uniform([tokens, half], in: 0..<10, .float64, using: &random)
    let expected = Composed.rotary(x, angles.cos(), angles.sin(), interleaved: interleaved)
    let (cosines, sines) = (angles.cos().cast(to: .float32), angles.sin().cast(to: .float32))
    // Part of a wider row, as queries are part of a fused product.
    let wide = Tensor.concatenated([x, x], axis: 1).cast(to: .float32).sliced(axis: 1, heads..<2 * heads)
    #expect(isClose(wide.rotary(cosines: cosines, sines: sines, interleaved: interleaved), Naive(expected), 1e-5))
    #expect(isClose(x.rotary(cosines: cosines, sines: sines, interleaved: interleaved), Naive(expected), 1e-5))
  }

  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func crossEntropyAgrees(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let (tokens, classes) = (
      Int.random(in: 0...9, using: &random), seed % 7 == 0 ? 5003 : Int.random(in: 1...40, using: &random)
    )
    let x = random.tensor([tokens, classes], in: -8..<8)
    let ids = (0..<tokens).map { _ in
      Int.random(in: 0..<5, using: &random) == 0 ? -100 : Int.random(in: 0..<classes, using: &random)
    }
    let counted = max(ids.filter { $0 >= 0 }.count, 1)
    let targets = Tensor(ids)
    let expected = Composed.crossEntropySum(x, Tensor.Labels(targets: targets, ignored: -100)) / Double(counted)
    let leaf = x.cast(to: .float32).leaf()
    let loss = leaf.crossEntropy(targets: targets, ignoring: -100)
    #expect(isClose(loss, Naive(expected), 1e-5))
    #expect(isClose(x.crossEntropy(targets: targets, ignoring: -100), Naive(expected), 1e-12))
    let double = x.leaf()
    let composed = Composed.crossEntropySum(double, Tensor.Labels(targets: targets, ignored: -100)) / Double(counted)
    let gradient = Naive(Tensor.gradients(of: composed, with: [double])[0])
    #expect(isClose(Tensor.gradients(of: loss, with: [leaf])[0], gradient, 1e-5))
  }

  @Test(arguments: [DType.float32, .float64])
  func rowsOfMinusInfinity(dtype: DType) {
    let infinite = -Double.infinity
    let x = Tensor([infinite, infinite, infinite, 0, infinite, 0], shape: [2, 3]).cast(to: dtype)
    #expect(Naive(x.softmax()).values == [0, 0, 0, 0.5, 0, 0.5])
    let logs = Naive(x.logSoftmax()).values
    #expect(logs[0] == infinite && logs[2] == infinite && logs[4] == infinite && abs(logs[3] + 0.693147) < 1e-6)
    #expect(Naive(x.logSumExp()).values[0] == infinite)
    #expect(x.crossEntropy(targets: Tensor([0, 0])).item() == Double.infinity)
    #expect(abs(x.crossEntropy(targets: Tensor([-1, 0]), ignoring: -1).item() - 0.693147) < 1e-6)
    #expect(x.crossEntropy(targets: Tensor([-1, -1]), ignoring: -1).item() == 0)
  }
}
