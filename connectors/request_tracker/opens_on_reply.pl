# The condition of the scrip "On Correspond Open Inactive Tickets", so that CareSync's replies open no ticket again.
my $transaction = $self->TransactionObj;
return $transaction->Type eq 'Correspond' && $transaction->Creator != __USER__;
