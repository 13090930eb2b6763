# The code of a scrip that tells CareSync which ticket changed. It tells where, and proves that it is Request Tracker who
# tells; CareSync reads the rest. A call that fails is logged and forgotten: the next reading finds what it would have
# told. The secret is read where the site's configuration has it, so that it stands nowhere else.
my @urls   = ( __URLS__ );
my $secret = RT->Config->Get('CareSyncWebhookSecret');
return 1 unless $secret;
return 1 if $self->TransactionObj->Creator == __USER__;

require Digest::SHA;
require JSON;
require LWP::UserAgent;
my $batch = $self->TicketObj->TransactionBatch || [ $self->TransactionObj ];
my $body  = JSON->new->utf8->canonical->encode( {
    ticket       => $self->TicketObj->id + 0,
    transactions => [ map { $_->id + 0 } @$batch ],
    worked       => [ map { $_->id + 0 } grep { $_->TimeTaken } @$batch ],
} );
my $time  = time;
my $agent = LWP::UserAgent->new( timeout => 3, max_redirect => 0, env_proxy => 0 );
for my $url (@urls) {
    my $answer = $agent->post(
        $url,
        'Content-Type'         => 'application/json',
        'X-CareSync-Timestamp' => $time,
        'X-CareSync-Signature' => 'sha256=' . Digest::SHA::hmac_sha256_hex( "$time.$body", $secret ),
        Content                => $body,
    );
    RT->Logger->warning( "CareSync $url: " . $answer->status_line ) unless $answer->is_success;
}
return 1;
