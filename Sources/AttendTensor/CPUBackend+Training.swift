import CAttend

// What only training does: dropout, and updates of parameters in place.

extension CPUBackend {
  func dropout(_ x: Tensor, _ mask: DropoutMask) -> Tensor {
    if x.dtype == .float64 { return Composed.dropout(x, mask) }
    if x.dtype.isHalf { return widened(x) { dropout($0, mask) } }
    let x = x.isContiguous ? x : copy(x)
    defer { withExtendedLifetime(x) {} }
    let output = Tensor(uninitialized: x.shape, .float32)
    let (from, to) = (x.pointer(Float.self), output.pointer(Float.self))
    let (key, threshold, scale) = (mask.key, mask.threshold, mask.scale)
    parallelFor(x.count, grain: elementGrain / 4) { range in
      rows.dropout(
        key.seed, key.stream, UInt64(range.lowerBound), range.count, threshold, scale, from + range.lowerBound,
        to + range.lowerBound)
    }
    return output
  }
}
