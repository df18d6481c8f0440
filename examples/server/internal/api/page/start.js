// Shows the document that this server answers with; validatorUrl null keeps the
// page from sending it elsewhere.
SwaggerUIBundle({ url: "/openapi.json", dom_id: "#page", deepLinking: true, validatorUrl: null });
