import AttendTensor
import AttendTestSupport
import Testing

@Suite struct LossTests {
  private func check(_ name: String, _ loss: (Tensor, Tensor) -> Tensor) throws {
    let fixture = try FixtureTensors("learning/losses.safetensors")
    let x = try fixture.tensor("\(name).x").leaf()
    let isInteger = name == "smoothed"
    let targets =
      isInteger
      ? Tensor(try fixture.integers("\(name).targets").map(Int32.init)) : try fixture.tensor("\(name).targets")
    let value = loss(x, targets)
    #expect(largestDifference(value, try fixture.tensor("\(name).loss")) <= 2e-6)
    let gradient = Tensor.gradients(of: value, with: [x])[0]
    #expect(largestDifference(gradient, try fixture.tensor("\(name).gradient")) <= 1e-6)
  }

  @Test func smoothedCrossEntropy() throws {
    try check("smoothed") { $0.crossEntropy(targets: $1, ignoring: -100, labelSmoothing: 0.1) }
  }

  @Test func meanSquaredError() throws { try check("squared") { $0.meanSquaredError($1) } }

  @Test func binaryCrossEntropy() throws { try check("binary") { $0.binaryCrossEntropy(targets: $1) } }
}
