import AttendBase
import CAttend

/// The kernels' forms of a recurrence's weights, packed when first asked for and kept for all steps and calls.
final class PackedRecurrence: Sendable {
  private struct Forms: @unchecked Sendable {
    // Sendable: kernels only read what the pointers lead to, and the lock guards the packing.
    var weights: at_recurrent_weights?
    var isReadyForBackward = false
  }

  private let forms = Locked(Forms())

  /// The packed weights; valid as long as this object.
  func weights(
    of weights: RecurrentWeights, cell: at_cell, kernels: UnsafePointer<at_kernels>, forBackward: Bool
  ) -> at_recurrent_weights {
    let ready = forms.withLock { forms -> Forms in
      if forms.weights == nil {
        var packed = at_recurrent_weights()
        packed.kernels = kernels
        packed.cell = cell
        packed.inputs = weights.input.shape[1]
        packed.hidden = weights.hidden.shape[1]
        let isPacked = weights.input.withFloats { input in
          weights.hidden.withFloats { hidden in
            withOptionalFloats(weights.inputBias) { inputBias in
              withOptionalFloats(weights.hiddenBias) { hiddenBias in
                at_recurrent_pack(&packed, input, hidden, inputBias, hiddenBias)
              }
            }
          }
        }
        if !isPacked { outOfMemory(bytes: 2 * weights.input.count * MemoryLayout<Float>.stride) }
        forms.weights = packed
      }
      guard var packed = forms.weights else { missingKernels() }
      guard packed.kernels == kernels, packed.cell == cell else {
        // One layer has one cell and one table of kernels.
        shapeMismatch("recurrence with the weights of another cell", weights.input.shape)
      }
      if forBackward && !forms.isReadyForBackward {
        let isPacked = weights.input.withFloats { input in
          weights.hidden.withFloats { hidden in at_recurrent_pack_back(&packed, input, hidden) }
        }
        forms.weights = packed
        if !isPacked { outOfMemory(bytes: 2 * weights.input.count * MemoryLayout<Float>.stride) }
        forms.isReadyForBackward = true
      }
      return forms
    }
    guard let packed = ready.weights else { missingKernels() }
    return packed
  }

  deinit {
    forms.withLock { forms in
      guard var packed = forms.weights else { return }
      at_recurrent_release(&packed)
    }
  }
}
