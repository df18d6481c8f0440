package sql

import (
	"bytes"
	"fmt"

	"github.com/klauspost/compress/zstd"

	"github.com/evenkeelhq/evenkeel"
)

const (
	packAbove = 64 << 10 // bytes of a field: below, compression saves little
	maxField  = 1 << 30  // bytes of a field: more is not kept, and not unpacked
)

// frame begins every packed field (RFC 8878, section 3.1.1), and no JSON.
var frame = []byte{0x28, 0xb5, 0x2f, 0xfd}

// packer keeps large fields of a record compressed. Hashes are over the plain
// bytes. Safe for concurrent use.
type packer struct {
	encoder *zstd.Encoder
	decoder *zstd.Decoder
}

func newPacker() (*packer, error) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithSingleSegment(true)) // a frame of one segment says its size
	if err != nil {
		return nil, err
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecodeAllCapLimit(true))
	return &packer{encoder, decoder}, err
}

// pack returns plain as it is kept. Plain bytes that would be taken for packed
// ones are packed as well.
func (p *packer) pack(plain []byte) ([]byte, error) {
	switch {
	case len(plain) > maxField:
		return nil, fmt.Errorf("%w: a field of %d bytes: must have at most %d", evenkeel.ErrInvalid, len(plain), maxField)
	case len(plain) > packAbove, bytes.HasPrefix(plain, frame):
		return p.encoder.EncodeAll(plain, nil), nil
	case plain == nil:
		return []byte{}, nil // not null
	}
	return plain, nil
}

// unpack is the inverse of pack. What nobody packed is evenkeel.ErrBroken.
func (p *packer) unpack(kept []byte) ([]byte, error) {
	if !bytes.HasPrefix(kept, frame) {
		return kept, nil
	}
	var header zstd.Header
	err := header.Decode(kept)
	if err == nil && (!header.HasFCS || header.FrameContentSize > maxField) {
		err = zstd.ErrDecoderSizeExceeded
	}
	if err == nil {
		// No more is unpacked than the frame says, and than there is room for.
		kept, err = p.decoder.DecodeAll(kept, make([]byte, 0, header.FrameContentSize))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: a packed field: %w", evenkeel.ErrBroken, err)
	}
	return kept, nil
}
