import CAttend

/// A block of memory that tensors share: either from the caching allocator, or borrowed from an owner that keeps it
/// alive, such as a mapped file.
final class Storage: @unchecked Sendable {
  // Sendable: the bytes are written only while the storage is being filled, before anyone else has a reference, or by
  // `Tensor.withMutableBytes`, which first makes sure that box and storage have one owner.
  let pointer: UnsafeMutableRawPointer
  let byteCount: Int
  /// Keeps borrowed memory alive; `nil` when the storage owns its block.
  private let owner: (any AnyObject & Sendable)?

  /// A new block, 64-byte aligned, with undefined contents.
  init(byteCount: Int) {
    // An empty tensor gets a block too, so that its pointer is valid.
    let size = max(byteCount, 1)
    guard let block = at_alloc(size) else { outOfMemory(bytes: size) }
    pointer = block
    self.byteCount = size
    owner = nil
  }

  /// Read-only memory of someone else.
  init(borrowing owner: any AnyObject & Sendable, pointer: UnsafeRawPointer, byteCount: Int) {
    self.pointer = UnsafeMutableRawPointer(mutating: pointer)
    self.byteCount = byteCount
    self.owner = owner
  }

  var isBorrowed: Bool { owner != nil }

  deinit {
    if owner == nil { at_free(pointer, byteCount) }
  }
}
