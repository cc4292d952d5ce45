import AttendFormats
import AttendTensor
import AttendTestSupport
import Testing

/// Random blocks of every quantized type, and the numbers that the reference says they mean.
@Suite struct BlockTests {
  private func blocks() throws -> TensorDirectory {
    try GGUFFile(path: TestFixtures.path("blocks/blocks.gguf")).tensors
  }

  @Test(arguments: BlockFormat.allCases)
  func meansWhatTheReferenceSays(format: BlockFormat) throws {
    let tensors = try blocks()
    let view = try tensors.tensor(format.rawValue)
    #expect(view.elementType == .blocks(format) && view.shape == [2, 512])
    let expected = try tensors.tensor(format.rawValue + ".expected").floats()
    #expect(view.floats() == expected)
    // The blocks differ, and so do their halves.
    #expect(Set(expected).count > 100)
  }

  /// Kept quantized, a matrix holds the same numbers in about as many bits as the file.
  @Test(arguments: BlockFormat.allCases)
  func packedRowsAreTheStoredOnes(format: BlockFormat) throws {
    let view = try blocks().tensor(format.rawValue)
    let source = try #require(
      MatrixSource(
        elementType: view.elementType, rows: 2, columns: 512, owner: view.file,
        start: view.file.base + view.byteRange.lowerBound))
    let expected = Tensor(view.floats(), shape: [2, 512])
    let exact = try Matrix(packing: [source], precision: .exact)
    let fast = try Matrix(packing: [source], precision: .fast)
    #expect(exact.unpacked().scalars(Float.self) == expected.scalars(Float.self))
    let values = fast.unpacked().scalars(Float.self)
    #expect(values == expected.scalars(Float.self))
    let bits = 8 * Double(format.bytesPerBlock) / Double(format.elementsPerBlock)
    #expect(Double(fast.packedByteCount) < Double(exact.packedByteCount) * bits / 32 * 1.05)
    // One row by itself, as an embedding takes it.
    #expect(fast.rows(Tensor([Int32(1)], shape: [1])).scalars(Float.self) == Array(values[512...]))
  }
}
