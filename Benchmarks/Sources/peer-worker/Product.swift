import AttendBase
import AttendTensor

/// x · Wᵀ with a matrix that was packed once, as a model's layers have it.
func product(rows: Int, inputs: Int, outputs: Int, precision: Precision) throws -> () throws -> Void {
  var random = SeededRandom(seed: 1)
  let x = Tensor.normal([rows, inputs], using: &random)
  let matrix = try Matrix(
    packing: [MatrixSource(.uniform([outputs, inputs], in: -0.1..<0.1, using: &random))], precision: precision)
  // Up to 16 rows are sequences that decode together.
  let phase: Phase = rows <= 16 ? .decode : .prompt
  return { _ = matrix.multiply(x, phase: phase) }
}
