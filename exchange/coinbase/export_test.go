package coinbase

// Host is what every token is for.
const Host = host
