package okx

// Sign is the signature alone, for the published examples.
var Sign = sign
