import CAttend

// Sums of gradients. A sum that nobody else holds is added to in place; so are parts and rows of it, without ever making
// the rest of a gradient that is zero.

extension Tensor {
  /// `sum` + value.
  static func accumulate(_ value: Tensor, into sum: inout Tensor?) {
    guard var own = sum else {
      sum = value
      return
    }
    sum = nil
    if own.isOnlyOwner && own.dtype == .float32 && value.dtype == .float32 && own.shape == value.shape {
      let value = value.contiguous()
      let count = own.count
      own.withMutableFloats { to in
        value.withFloats { from in
          parallelFor(count, grain: elementGrain) { range in
            let start = range.lowerBound
            backendRows.binary(AT_ADD, range.count, to + start, from + start, to + start)
          }
        }
      }
    } else {
      own = own + value
    }
    sum = own
  }

  /// Adds to the part of `sum` that begins at `start` of `axis`; `shape` is that of the sum.
  static func accumulate(_ part: Tensor, at start: Int, axis: Int, of shape: Shape, into sum: inout Tensor?) {
    guard part.dtype == .float32, part.count > 0 else {
      let before = Tensor.zeros(part.shape.replacing(axis: axis, with: start), part.dtype)
      let rest = shape[axis] - start - part.shape[axis]
      let after = Tensor.zeros(part.shape.replacing(axis: axis, with: rest), part.dtype)
      return accumulate(.concatenated([before, part, after], axis: axis), into: &sum)
    }
    let inner = shape[(axis + 1)...].reduce(1, *)
    let (outer, width) = (shape[..<axis].reduce(1, *), shape[axis] * inner)
    let (offset, count) = (start * inner, part.shape[axis] * inner)
    let isNew = sum == nil
    var own = sum ?? Tensor(uninitialized: shape, .float32)
    sum = nil
    own.withMutableFloats { to in
      part.withFloats { from in
        parallelFor(outer, grain: Swift.max(1, elementGrain / width)) { range in
          for row in range {
            let (to, from) = (to + row * width, from + row * count)
            if isNew {
              to.update(repeating: 0, count: offset)
              (to + offset).update(from: from, count: count)
              (to + offset + count).update(repeating: 0, count: width - offset - count)
            } else {
              backendRows.binary(AT_ADD, count, to + offset, from, to + offset)
            }
          }
        }
      }
    }
    sum = own
  }

  /// Adds to the rows `ids` of `sum`, whose shape is `shape`.
  static func accumulate(_ rows: Tensor, atRows ids: Tensor, of shape: Shape, into sum: inout Tensor?) {
    var own = sum ?? .zeros(shape, rows.dtype)
    sum = nil
    backend.addRows(&own, ids, rows)
    sum = own
  }
}

private let backendRows: at_row_kernels = CPUBackend().rows
