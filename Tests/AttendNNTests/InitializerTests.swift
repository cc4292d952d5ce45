import AttendNN
import AttendTensor
import AttendTestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct InitializerTests {
  /// A parameter as a fresh scope draws it.
  private func draw(
    _ initializer: Initializer, outputs: Int, inputs: Int, layout: WeightScope.MatrixLayout = .outputsByInputs
  ) -> Tensor {
    WeightScope.fresh(seed: 11) {
      $0.matrix(outputs: outputs, inputs: inputs, layout: layout, initializer: initializer)
    }.parameters["weight"] ?? .zeros([0])
  }

  private func deviation(_ x: Tensor) -> Double { x.variance().item().squareRoot() }

  @Test func variancesFollowTheFans() {
    let (outputs, inputs) = (300, 200)
    let expected: [(Initializer, Double)] = [
      (.normal(0.3), 0.3), (.uniform(0.6), 0.6 / 3.0.squareRoot()), (.xavierUniform, (2.0 / 500).squareRoot()),
      (.xavierNormal, (2.0 / 500).squareRoot()), (.heUniform, (2.0 / 200).squareRoot()),
      (.heNormal, (2.0 / 200).squareRoot()),
      // Standard deviation of a normal cut at two: √(1 − 2·2φ(2)/(2Φ(2) − 1)).
      (.truncatedNormal(0.3), 0.3 * 0.879626),
    ]
    for (initializer, sigma) in expected {
      let drawn = draw(initializer, outputs: outputs, inputs: inputs)
      #expect(abs(deviation(drawn) / sigma - 1) < 0.02, "\(initializer)")
      #expect(abs(drawn.mean().item()) < 0.02 * sigma, "\(initializer)")
    }
    let uniform = draw(.heUniform, outputs: outputs, inputs: inputs).abs().max().item()
    #expect(uniform <= (6.0 / 200).squareRoot() && uniform > 0.99 * (6.0 / 200).squareRoot())
    #expect(draw(.truncatedNormal(0.3), outputs: outputs, inputs: inputs).abs().max().item() <= 0.6)
  }

  @Test func fansOfTransposedAndConvolutionalWeights() {
    let transposed = draw(.heNormal, outputs: 300, inputs: 200, layout: .inputsByOutputs)
    #expect(transposed.shape == [200, 300])
    #expect(abs(deviation(transposed) / (2.0 / 200).squareRoot() - 1) < 0.02)
    let convolution = WeightScope.fresh(seed: 1) {
      $0.tensor("kernel", shape: [40, 30, 3, 5], initializer: .heNormal)
    }.model
    #expect(abs(deviation(convolution) / (2.0 / 450).squareRoot() - 1) < 0.02)
  }

  @Test(arguments: [(7, 7), (5, 12), (12, 5), (1, 3), (3, 1)]) func orthogonal(_ rows: Int, _ columns: Int) {
    let drawn = draw(.orthogonal(gain: 2), outputs: rows, inputs: columns)
    let product = rows <= columns ? drawn.matmul(drawn.transposed(0, 1)) : drawn.transposed(0, 1).matmul(drawn)
    let size = min(rows, columns)
    let identity = (0..<size * size).map { $0 % (size + 1) == 0 ? Float(4) : 0 }
    #expect(largestDifference(product, Tensor(identity, shape: [size, size])) <= 1e-5)
  }

  @Test func namesAreKnown() {
    for name in Initializer.names { #expect(Initializer(named: name) != nil, "\(name)") }
    #expect(Initializer(named: "kaiming_uniform") == .heUniform)
    #expect(Initializer(named: "glorot") == nil)
  }

  @Test func aParameterDependsOnItsNameAlone() {
    let one = WeightScope.fresh(seed: 5) { $0["a"].matrix(outputs: 3, inputs: 4) }.parameters
    let two = WeightScope.fresh(seed: 5) { scope in
      (scope["b"].matrix(outputs: 2, inputs: 2), scope["a"].matrix(outputs: 3, inputs: 4))
    }.parameters
    #expect(one["a.weight"]?.scalars(Float.self) == two["a.weight"]?.scalars(Float.self))
    #expect(two["b.weight"]?.scalars(Float.self).prefix(4) != two["a.weight"]?.scalars(Float.self).prefix(4))
  }
}
