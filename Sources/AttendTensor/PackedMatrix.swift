import AttendBase
import CAttend

/// A weight matrix packed once for this machine's kernels; immutable from then on.
final class PackedMatrix: @unchecked Sendable {
  // Sendable: `packed` is written by the initialiser alone, and kernels only read what it points to.
  let packed: at_packed
  /// The arithmetic of prompts: at `.int8` that of decoding, 8-bit activations for any number of rows.
  private let promptPhase: at_phase
  /// What a profile calls it.
  let name: String

  var outputs: Int { packed.n }
  var inputs: Int { packed.k }
  var isGated: Bool { packed.gated }
  var byteCount: Int { packed.bytes }

  /// - Parameters:
  ///   - sources: matrices of one element type and width whose rows are laid one after the other; a gated matrix has
  ///   all gate rows first, then as many up rows.
  ///   - name: what a profile calls the matrix.
  /// - Throws: `limit-exceeded` when there is no memory for it.
  init(
    _ sources: [MatrixSource], precision: Precision, isGated: Bool = false, name: String = ""
  ) throws {
    let columns = sources[0].columns
    let form = sources[0].elementType.form(precision, columns: columns)
    promptPhase = precision == .int8 && form.rawValue >= AT_FORM_Q4_0.rawValue ? AT_DECODE : AT_PROMPT
    let pointers = sources.flatMap(\.rowPointers)
    let outputs = isGated ? pointers.count / 2 : pointers.count
    let bytes = at_packed_bytes(at_kernels_best(), form, isGated, outputs, columns)
    guard bytes > 0 || outputs == 0 || columns == 0, let data = at_alloc_weights(max(bytes, 1)) else {
      throw AttendError(
        .limitExceeded, "no memory for a \(outputs)×\(columns) weight matrix (\(bytes) bytes)",
        hint: "close other programs or use a smaller or quantized model")
    }
    var packed = at_packed(
      kernels: at_kernels_best(), form: form, gated: isGated, n: outputs, k: columns, bytes: bytes,
      data: data)
    pointers.withUnsafeBufferPointer { at_pack(&packed, sources[0].code, $0.baseAddress) }
    self.packed = packed
    self.name = name
    for source in sources { source.bytes.release?() }
  }

  deinit { at_free_weights(packed.data, max(packed.bytes, 1)) }

  func multiply(
    _ x: Tensor, bias: Tensor?, activation: Activation?, residual: Tensor?, phase: Phase
  ) -> Tensor {
    guard x.shape.last == inputs else {
      shapeMismatch("matrix product", x.shape, [outputs, inputs])
    }
    let rows = inputs == 0 ? x.shape.dropLast().reduce(1, *) : x.count / inputs
    let shape = x.shape.replacing(axis: x.rank - 1, with: outputs)
    if let residual, residual.shape != shape {
      shapeMismatch("matrix product's residual", residual.shape, shape)
    }
    return profiled(.product, name: name, work(rows: rows)) {
      withOptionalFloats(bias) { bias in
        withOptionalFloats(residual) { residual in
          x.withFloats { input in
            Tensor.uninitialized(shape) { output in
              var epilogue = at_epilogue(
                bias: bias, has_activation: activation != nil,
                activation: activation?.code ?? AT_RELU,
                residual: residual, residual_stride: outputs)
              var packed = packed
              at_product(
                &packed, rows, input, inputs, output.assumingMemoryBound(to: Float.self), outputs,
                &epilogue,
                phase == .decode ? AT_DECODE : promptPhase)
            }
          }
        }
      }
    }
  }

  /// All weights are read once, and so are the rows.
  private func work(rows: Int) -> Profile.Work {
    Profile.Work(
      bytes: byteCount + rows * inputs * MemoryLayout<Float>.stride,
      operations: 2 * rows * outputs * inputs * (isGated ? 2 : 1))
  }

  /// Rows `indices` as float32, `[indices.count, inputs]`. Indices must be in range.
  func rows(_ indices: [Int]) -> Tensor {
    profiled(.lookup, name: name, .init(bytes: indices.count * byteCount / max(outputs, 1), operations: 0)) {
      Tensor.uninitialized([indices.count, inputs]) { output in
        let floats = output.assumingMemoryBound(to: Float.self)
        var packed = packed
        for (position, row) in indices.enumerated() {
          at_unpack_row(&packed, row, floats + position * inputs)
        }
      }
    }
  }
}
